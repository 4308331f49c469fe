// A model opened from its files: config, weights and tokenizer, checked but not on the device yet.

import type { ModelFiles } from '#formats/model-files.ts';
import { openWeightFile, openWeights, type WeightFiles } from '#formats/weight-files.ts';
import { familyOf, shapeOf } from '#models/auto-model.ts';
import type { ModelShape } from '#models/model-shape.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import { labelsOf } from '#models/pretrained-config.ts';
import { type LoraConfig, readLoraConfig } from '#protocol/lora-config.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Task } from '#util/task.ts';

export interface OpenedModel {
  readonly name: string;
  readonly files: ModelFiles;
  readonly json: JsonObject;
  readonly shape: ModelShape;
  /** What it can be trained for; the one that its head is made for comes first. */
  readonly tasks: readonly Task[];
  readonly weights: WeightFiles;
  readonly tokenizer: PreTrainedTokenizer;
  /** An adapter of PEFT that lies beside the weights; null: none. */
  readonly adapter: OpenedAdapter | null;
  /** As config.json names them; generic ones where it does not. */
  readonly labels: readonly string[];
}

/** @throws StudioError E-MODEL-CONFIG, E-MODEL-FORMAT, E-MODEL-WEIGHTS or E-TOKENIZER: nothing was loaded. */
export async function openModel(files: ModelFiles, name: string): Promise<OpenedModel> {
  const json = await readConfig(files);
  const shape = shapeOf(json);
  const weights = await openWeights(files);
  const tokenizer = await PreTrainedTokenizer.fromFiles(files);
  const adapter = await openAdapter(files);
  return { name, files, json, shape, tasks: tasksOf(json), weights, tokenizer, adapter, labels: labelsOf(json) };
}

function tasksOf(json: JsonObject): Task[] {
  const family = familyOf(json);
  const [architecture] = Array.isArray(json['architectures']) ? json['architectures'] : [];
  const made = family.tasks.find((task) => family.headFor(json, task)?.architecture === architecture);
  return made ? [made, ...family.tasks.filter((task) => task !== made)] : [...family.tasks];
}

export interface OpenedAdapter {
  readonly config: LoraConfig;
  readonly weights: WeightFiles;
}

/** @throws StudioError E-ARGS for an adapter of another kind, E-MODEL-FORMAT for a damaged one. */
export async function openAdapter(files: ModelFiles): Promise<OpenedAdapter | null> {
  const [config, weights] = [files.get('adapter_config.json'), files.get('adapter_model.safetensors')];
  if (!config || !weights) return null;
  const json = parseHfJson(await config.text(), 'adapter_config.json') as JsonObject;
  return {
    config: readLoraConfig(json, 'adapter_config.json'),
    weights: await openWeightFile(weights, 'adapter_model.safetensors'),
  };
}

export async function readConfig(files: ModelFiles): Promise<JsonObject> {
  const file = files.get('config.json');
  if (!file)
    throw new StudioError('E-MODEL-CONFIG', msg`There is no config.json.`, {
      hint: msg`Add the config.json that belongs to the weights.`,
    });
  const json = parseHfJson(await file.text(), 'config.json');
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw new StudioError('E-MODEL-CONFIG', msg`config.json holds no object.`, {
    where: 'config.json',
    hint: msg`Add the config.json that belongs to the weights.`,
  });
}

/** The longest input the model can read: positions of the model, and what its tokenizer allows. */
export const maxLengthOf = ({ shape, tokenizer }: OpenedModel): number =>
  Math.min(shape.maxPositions, tokenizer.modelMaxLength);

/** @throws StudioError E-ARGS for more than the model can read. */
export function checkedMaxLength(model: OpenedModel, maxLength: number): number {
  const limit = maxLengthOf(model);
  if (maxLength <= limit) return maxLength;
  throw new StudioError('E-ARGS', msg`max_length is ${maxLength}, but this model reads at most ${limit} tokens.`, {
    where: 'max_length',
    hint: msg`Set it to ${limit} or less.`,
    safe: msg`Nothing was started.`,
  });
}

const GENERATION_CONFIG = 'generation_config.json';

/** What is saved beside the weights, as it came: the tokenizer's files and, of a model that writes, its generation_config.json. */
export async function savedFilesOf(
  { tokenizer, files }: OpenedModel,
  task: Task,
): Promise<ReadonlyMap<string, string>> {
  const generation = task === 'text-generation' ? files.get(GENERATION_CONFIG) : undefined;
  if (!generation) return tokenizer.savedFiles;
  return new Map([...tokenizer.savedFiles, [GENERATION_CONFIG, await generation.text()]]);
}

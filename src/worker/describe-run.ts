// The model of a run: whole, or with a low-rank adapter in place of its weights.

import type { WeightFiles } from '#formats/weight-files.ts';
import { loadPrepared, type PreparedModel, prepareModel, type TaskHead } from '#models/auto-model.ts';
import { chooseTargets, TASK_TYPES, targetNames } from '#models/peft/lora-targets.ts';
import { PeftModel } from '#models/peft/peft-model.ts';
import type { TaskModel } from '#models/task-model.ts';
import type { ComputeStorage } from '#nn/forward-context.ts';
import type { Parameter } from '#nn/parameter.ts';
import { type LoraConfig, scalingOf, toAdapterConfigJson } from '#protocol/lora-config.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { OpenedAdapter, OpenedModel } from './opened-model.ts';

export type RunNetwork = TaskModel | PeftModel;

export interface DescribedRun {
  /** Without weights. */
  readonly network: RunNetwork;
  readonly prepared: PreparedModel;
}

/** @param peft null: all weights are trained. @throws StudioError when the parts do not fit; nothing is loaded. */
export function describeRun(model: OpenedModel, head: TaskHead, peft: LoraConfig | null): DescribedRun {
  const prepared = prepareModel(model.json, model.weights, head);
  return { prepared, network: peft ? withAdapter(model, head, prepared, peft) : prepared.model };
}

function withAdapter(model: OpenedModel, { task }: TaskHead, prepared: PreparedModel, peft: LoraConfig): PeftModel {
  const targets = chooseTargets(prepared.model, {
    modelType: String(model.json['model_type']),
    task,
    targetModules: peft.targetModules,
    modulesToSave: peft.modulesToSave,
    fresh: prepared.plan.fresh,
  });
  const facts = {
    baseModel: model.name,
    taskType: TASK_TYPES[task],
    targets: targetNames(prepared.model, targets),
    modulesToSave: [...targets.saved.keys()],
    fanInFanOut: [...targets.adapted.values()].some(({ layout }) => layout === 'in-out'),
  };
  return new PeftModel(prepared.model, targets, {
    rank: peft.rank,
    scaling: scalingOf(peft),
    dropout: peft.loraDropout,
    adapterConfig: toAdapterConfigJson(peft, facts),
  });
}

/**
 * Loads the weights, and what the adapter was before.
 * @param storage of weights that are frozen.
 * @param adapter to go on from; null: a new one, from the seed.
 */
export async function loadRun(
  { network, prepared }: DescribedRun,
  model: OpenedModel,
  { seed, storage, adapter }: { seed: number; storage: ComputeStorage; adapter: OpenedAdapter | null },
): Promise<void> {
  await loadPrepared(prepared, model.weights, seed);
  if (!(network instanceof PeftModel)) return;
  network.start(seed, storage);
  if (adapter) await loadAdapter(network.namedParameters(), adapter.weights);
}

/** A layer that is saved whole starts anew where the adapter has it in another size: a head made for other labels. */
async function loadAdapter(parameters: ReadonlyMap<string, Parameter>, weights: WeightFiles): Promise<void> {
  const strange = weights.names.find((name) => !parameters.has(name));
  if (strange !== undefined) throw unfit(msg`holds ${strange}, which this run does not train`);
  for (const [name, parameter] of parameters) {
    const fits = weights.has(name) && String(weights.shapeOf(name)) === String(parameter.shape);
    if (fits) parameter.load(await weights.readFloat32(name));
    else if (name.includes('.lora_')) throw unfit(msg`lacks ${name}, or has it in another size`);
  }
}

const unfit = (how: string): StudioError =>
  new StudioError('E-MODEL-WEIGHTS', msg`adapter_model.safetensors ${how}.`, {
    where: 'adapter_model.safetensors',
    hint: msg`The adapter belongs to another model or task, or adapter_config.json to another adapter.`,
    safe: msg`Nothing was started.`,
  });

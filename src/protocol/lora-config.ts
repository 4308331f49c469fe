// The settings of a low-rank adapter, in PEFT's names in files and forms.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export interface LoraConfig {
  /** Rank, `r`. */
  readonly rank: number;
  readonly loraAlpha: number;
  readonly loraDropout: number;
  /** Names of layers, or ends of their paths; `all-linear`, or a pattern for whole paths; null: what is usual for the family. */
  readonly targetModules: readonly string[] | string | null;
  /** Layers that are trained as a whole beside the adapter; new heads always are. */
  readonly modulesToSave: readonly string[];
  /** Scale by α/√r instead of α/r. */
  readonly useRslora: boolean;
}

/** PEFT's defaults. */
export const DEFAULT_LORA: LoraConfig = {
  rank: 8,
  loraAlpha: 8,
  loraDropout: 0,
  targetModules: null,
  modulesToSave: [],
  useRslora: false,
};

export const scalingOf = ({ rank, loraAlpha, useRslora }: LoraConfig): number =>
  loraAlpha / (useRslora ? Math.sqrt(rank) : rank);

/** Ways to start an adapter that leave the model's own weights alone; new adapters start as with true. */
const STARTS: ReadonlySet<unknown> = new Set([true, false, 'gaussian', 'orthogonal']);

type Json = Readonly<Record<string, unknown>>;

/** Fields of PEFT's LoraConfig that say nothing about the numbers, or that are written for others to read. */
const WITHOUT_EFFECT = new Set([
  'peft_type',
  'task_type',
  'base_model_name_or_path',
  'revision',
  'inference_mode',
  'fan_in_fan_out',
  'auto_mapping',
  'peft_version',
  'layers_pattern',
  'megatron_core',
  'qalora_group_size',
  'runtime_config',
]);
const READ = new Set(['r', 'lora_alpha', 'lora_dropout', 'target_modules', 'modules_to_save', 'use_rslora']);

/** @param where the file or field, for errors. @throws StudioError E-ARGS naming the field that is wrong or not supported. */
export function readLoraConfig(json: Json, where: string): LoraConfig {
  const wrong = (name: string, expected: string): StudioError =>
    new StudioError('E-ARGS', msg`${where}: "${name}" is ${JSON.stringify(json[name])}; it must be ${expected}.`, {
      where: `${where}: ${name}`,
      safe: msg`Nothing was started.`,
    });
  refuseOthers(json, wrong);
  const number = (name: string, fallback: number, valid: (value: number) => boolean, expected: string): number => {
    const value = json[name] ?? fallback;
    if (typeof value === 'number' && valid(value)) return value;
    throw wrong(name, expected);
  };
  const names = (name: string): readonly string[] => {
    const value = json[name] ?? [];
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value as string[];
    throw wrong(name, msg`a list of names`);
  };
  const targets = json['target_modules'] ?? null;
  const rslora = json['use_rslora'] ?? false;
  if (typeof rslora !== 'boolean') throw wrong('use_rslora', msg`true or false`);
  return {
    rank: number('r', DEFAULT_LORA.rank, (value) => Number.isInteger(value) && value > 0, msg`a positive integer`),
    loraAlpha: number('lora_alpha', DEFAULT_LORA.loraAlpha, (value) => value > 0, msg`a positive number`),
    loraDropout: number('lora_dropout', 0, (value) => value >= 0 && value < 1, msg`at least 0 and below 1`),
    targetModules: targets === null || typeof targets === 'string' ? targets : names('target_modules'),
    modulesToSave: names('modules_to_save'),
    useRslora: rslora,
  };
}

/** Other kinds of adapters, and settings that change the numbers, are refused by name. */
function refuseOthers(json: Json, wrong: (name: string, expected: string) => StudioError): void {
  const type = json['peft_type'] ?? 'LORA';
  if (type !== 'LORA') throw wrong('peft_type', '"LORA"');
  if (json['bias'] !== undefined && json['bias'] !== 'none') throw wrong('bias', '"none"');
  const { init_lora_weights: start = true } = json;
  // Of an adapter's file these have done their part; others, such as "pissa", change the model's own weights.
  if (!STARTS.has(start)) throw wrong('init_lora_weights', 'true');
  for (const [name, value] of Object.entries(json)) {
    if (READ.has(name) || WITHOUT_EFFECT.has(name) || name === 'bias' || name === 'init_lora_weights') continue;
    const isOff = value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
    if (!isOff) throw wrong(name, msg`left out: it is not supported`);
  }
}

export interface AdapterFacts {
  readonly baseModel: string;
  /** PEFT's name of the task; null where it has none. */
  readonly taskType: string | null;
  /** The layers that have an adapter. */
  readonly targets: readonly string[];
  readonly modulesToSave: readonly string[];
  /** The weights are [in, out], as GPT-2's. */
  readonly fanInFanOut: boolean;
}

/** adapter_config.json, as PEFT reads it. */
export function toAdapterConfigJson(config: LoraConfig, facts: AdapterFacts): Json {
  return {
    base_model_name_or_path: facts.baseModel,
    bias: 'none',
    fan_in_fan_out: facts.fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: config.loraAlpha,
    lora_dropout: config.loraDropout,
    modules_to_save: facts.modulesToSave.length > 0 ? [...facts.modulesToSave] : null,
    peft_type: 'LORA',
    r: config.rank,
    revision: null,
    target_modules: [...facts.targets],
    task_type: facts.taskType,
    use_dora: false,
    use_rslora: config.useRslora,
  };
}

// Names of arguments that older versions of transformers (v4) had, and what became of them.
// Called by `training-arguments.ts` before anything is checked.

import { msg } from '#util/msg.ts';
import type { ArgumentIssue } from './argument-spec.ts';
import { ARGUMENT_SPECS, findArgumentSpec } from './argument-specs.ts';
import { nearestNames } from './nearest-names.ts';

type Renamed = {
  readonly name: string;
  readonly value: unknown;
  /** Whether the old field counts although the present one is given too. */
  readonly beats?: (present: unknown) => boolean;
} | null;

const same =
  (name: string) =>
  (value: unknown): Renamed =>
    value === null ? null : { name, value };

/** A switch of old that selects a value of a newer field; switched off it says nothing. */
const chooses =
  (name: string, chosen: unknown) =>
  (value: unknown): Renamed =>
    value === true ? { name, value: chosen, beats: () => true } : null;

const RENAMED: Readonly<Record<string, (value: unknown) => Renamed>> = {
  evaluation_strategy: same('eval_strategy'),
  per_gpu_train_batch_size: same('per_device_train_batch_size'),
  per_gpu_eval_batch_size: same('per_device_eval_batch_size'),
  no_cuda: chooses('use_cpu', true),
  // Version 4 wrote both fields into every file, with warmup_steps 0 when the ratio counted.
  warmup_ratio: (value) =>
    value === 0 || value === null ? null : { name: 'warmup_steps', value, beats: (present) => present === 0 },
  group_by_length: chooses('train_sampling_strategy', 'group_by_length'),
  adafactor: chooses('optim', 'adafactor'),
  include_inputs_for_metrics: chooses('include_for_metrics', ['inputs']),
  push_to_hub_model_id: same('hub_model_id'),
  push_to_hub_token: same('hub_token'),
};

const REMOVED: ReadonlySet<string> = new Set(
  (
    'overwrite_output_dir logging_dir save_safetensors use_mps_device jit_mode_eval fp16_opt_level ' +
    'half_precision_backend fp16_backend tpu_num_cores tpu_metrics_debug past_index ' +
    'fsdp_min_num_params fsdp_transformer_layer_cls_to_wrap use_legacy_prediction_loop ' +
    'push_to_hub_organization _n_gpu mp_parameters torchdynamo ray_scope include_tokens_per_second ' +
    'use_ipex'
  ).split(' '),
);

const KNOWN_NAMES: readonly string[] = ARGUMENT_SPECS.map(({ name }) => name);

/**
 * Gives old names their present ones. A present name given beside its old one wins, except where version 4 let the
 * old one decide. `raw` keeps fields that nobody knows under the name they came with.
 */
export function renameLegacyArguments(input: Readonly<Record<string, unknown>>): {
  readonly raw: Record<string, unknown>;
  readonly notes: ArgumentIssue[];
} {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const isOld = (name: string): boolean => Object.hasOwn(RENAMED, name);
  const raw = Object.fromEntries(given.filter(([name]) => !isOld(name)));
  const notes = Object.keys(raw).flatMap(unknownNote);
  for (const [name, value] of given.filter(([old]) => isOld(old))) {
    const renamed = RENAMED[name]?.(value) ?? null;
    const loses = renamed !== null && Object.hasOwn(raw, renamed.name) && !renamed.beats?.(raw[renamed.name]);
    if (renamed && !loses) raw[renamed.name] = ratioAsSteps(name, renamed.value);
    notes.push(renameNote(name, renamed, loses));
  }
  return { raw, notes };
}

/** A ratio of 1 meant the whole run; as warmup_steps it would mean one step, so it becomes a value that is refused. */
function ratioAsSteps(name: string, value: unknown): unknown {
  return name === 'warmup_ratio' && typeof value === 'number' && value >= 1 ? `warmup_ratio ${value}` : value;
}

function renameNote(name: string, renamed: Renamed, loses: boolean): ArgumentIssue {
  if (!renamed)
    return { name, level: 'note', message: msg`${name} is an older name and was switched off, so it was left out.` };
  if (loses)
    return {
      name,
      level: 'warning',
      message: msg`${name} is an older name of ${renamed.name}, which is given too and wins.`,
    };
  return { name, level: 'note', message: msg`${name} is an older name; it was read as ${renamed.name}.` };
}

function unknownNote(name: string): ArgumentIssue[] {
  if (findArgumentSpec(name)) return [];
  if (REMOVED.has(name)) {
    return [
      { name, level: 'note', message: msg`${name} no longer exists in transformers 5. It is kept but does nothing.` },
    ];
  }
  const message = msg`${name} is not a training argument that is known here. It is kept but does nothing.`;
  const near = nearestNames(name, KNOWN_NAMES);
  const hint = near.length > 0 ? msg`Did you mean ${near.join(' or ')}?` : msg`Check the spelling.`;
  return [{ name, level: 'warning', message, hint }];
}

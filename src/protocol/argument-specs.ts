// The one table of training arguments: all 112 fields of HuggingFace's TrainingArguments 5.18.0 with our own words.
// Form, validation, import, export and search are made from it.

import { type ArgumentSpec, field, ignored, inGroup } from './argument-spec.ts';
import { LEARNING_SPECS } from './argument-specs-learning.ts';
import { RUN_SPECS } from './argument-specs-run.ts';

const SCRIPT_FLAG = 'it is a switch for Python scripts';
const ONE_DEVICE = 'one device trains here, so nothing is distributed';

const OTHER = inGroup('Other', [
  field(
    'push_to_hub',
    'bool',
    false,
    'Pushes checkpoints to the HuggingFace Hub while it trains, and the model at the end.',
    {
      aliases: ['upload', 'huggingface'],
    },
  ),
  field('hub_model_id', 'string', null, 'Repository to push to: owner/name, or a name for your own account.', {
    aliases: ['repository', 'push_to_hub_model_id'],
  }),
  field(
    'hub_strategy',
    'enum',
    'every_save',
    'What is pushed: the model at the end, at every save too, or with the checkpoint to resume from.',
    { choices: ['end', 'every_save', 'checkpoint', 'all_checkpoints'], aliases: ['upload'] },
  ),
  field('hub_token', 'string', null, 'Access token that may write. It is never stored or written.', {
    aliases: ['push_to_hub_token'],
  }),
  field('hub_private_repo', 'bool', null, "Makes a new repository private. Not set: as the account's settings say.", {
    aliases: ['visibility'],
  }),
  field('hub_always_push', 'bool', false, 'Pushes every save, also while the push before is going on.'),
  field('hub_revision', 'string', null, 'Branch to push to; it must be there. Not set: main.', { aliases: ['branch'] }),
  ignored('debug', 'json', '', 'Debug options of PyTorch.', 'there is no PyTorch here'),
  field(
    'skip_memory_metrics',
    'bool',
    true,
    'Leaves memory figures out of the metrics. Off: bytes that training took on the GPU stand in the last log entry.',
    { aliases: ['memory', 'gpu'] },
  ),
  ignored('do_train', 'bool', false, 'Tells a script to train.', SCRIPT_FLAG),
  ignored('do_eval', 'bool', false, 'Tells a script to evaluate.', SCRIPT_FLAG),
  ignored('do_predict', 'bool', false, 'Tells a script to predict.', SCRIPT_FLAG),
  ignored('use_cpu', 'bool', false, 'Trains on the processor.', 'the device is chosen by what the browser offers'),
  ignored('local_rank', 'int', -1, 'Number of this process.', ONE_DEVICE),
  ignored('parallelism_config', 'json', null, 'How the model is split over devices.', ONE_DEVICE),
  ignored('ddp_find_unused_parameters', 'bool', null, 'Setting of distributed data parallelism.', ONE_DEVICE),
  ignored('ddp_bucket_cap_mb', 'int', null, 'Setting of distributed data parallelism.', ONE_DEVICE),
  ignored('ddp_broadcast_buffers', 'bool', null, 'Setting of distributed data parallelism.', ONE_DEVICE),
  ignored('ddp_static_graph', 'bool', null, 'Setting of distributed data parallelism.', ONE_DEVICE),
  ignored('ddp_backend', 'string', null, 'Setting of distributed data parallelism.', ONE_DEVICE),
  ignored('ddp_timeout', 'int', 1800, 'Seconds that processes wait for each other.', ONE_DEVICE),
  ignored('fsdp', 'json', null, 'Fully sharded data parallelism.', ONE_DEVICE),
  ignored('fsdp_config', 'json', null, 'Settings of fully sharded data parallelism.', ONE_DEVICE),
  ignored('deepspeed', 'json', null, 'Configuration of DeepSpeed.', ONE_DEVICE),
]);

export const ARGUMENT_SPECS: readonly ArgumentSpec[] = [...LEARNING_SPECS, ...RUN_SPECS, ...OTHER];

const BY_NAME: ReadonlyMap<string, ArgumentSpec> = new Map(ARGUMENT_SPECS.map((spec) => [spec.name, spec]));

export function findArgumentSpec(name: string): ArgumentSpec | undefined {
  return BY_NAME.get(name);
}

/** `per_device_train_batch_size` → `perDeviceTrainBatchSize`. */
export function toCamelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

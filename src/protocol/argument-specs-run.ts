// Rows of the argument table that decide what a run records: logging, evaluation, checkpoints, seeds and data order.
// Read by `argument-specs.ts` only.

import { type ArgumentSpec, field, ignored, inGroup } from './argument-spec.ts';

const NO_TRACKER = 'nothing leaves this device, so no tracking service is called';
const NO_LOGGER = "there is no Python logger here; the run's page shows everything";
const OWN_LOADER = 'batches are prepared in a web worker of its own';

const LOGGING = inGroup('Logging', [
  field('logging_strategy', 'enum', 'steps', 'When the training loss is logged.', {
    choices: ['no', 'steps', 'epoch'],
    aliases: ['log'],
  }),
  field('logging_steps', 'float', 500, 'Updates between two log entries. A value below 1 is a share of the run.', {
    level: 'basic',
    min: 0,
    step: 1,
    unit: 'steps or share',
    aliases: ['log', 'interval', 'curve'],
  }),
  field('logging_first_step', 'bool', false, 'Also logs the very first update.', { aliases: ['log'] }),
  field(
    'logging_nan_inf_filter',
    'bool',
    true,
    'Replaces a loss that is not a finite number by the mean in the log; training itself is not changed, and a notice names the step.',
    {
      aliases: ['nan', 'infinity'],
    },
  ),
  field(
    'include_num_input_tokens_seen',
    'json',
    'no',
    'Counts the tokens that were read and logs them: "all", "non_padding" or "no".',
    { aliases: ['tokens', 'throughput', 'include_tokens_per_second'] },
  ),
  ignored('log_level', 'string', 'passive', "Level of Python's logger.", NO_LOGGER),
  ignored('log_level_replica', 'string', 'warning', "Level of Python's logger on other processes.", NO_LOGGER),
  ignored('log_on_each_node', 'bool', true, 'Logs on every machine.', 'one device trains here'),
  ignored(
    'disable_tqdm',
    'bool',
    null,
    'Turns the progress bar of the terminal off.',
    'the studio has its own progress bar',
  ),
  field(
    'report_to',
    'json',
    'none',
    'Where the log goes besides. With "tensorboard" or "all" the runner writes event files of TensorBoard; in the studio, download them from the log of a run.',
    { aliases: ['tensorboard', 'tracker', 'wandb', 'mlflow'] },
  ),
  field('run_name', 'string', null, 'A name for the run.', { aliases: ['title', 'experiment'] }),
  ignored('project', 'string', 'huggingface', 'Project name for tracking services.', NO_TRACKER),
  ignored('trackio_space_id', 'string', null, 'Space for Trackio.', NO_TRACKER),
  ignored('trackio_bucket_id', 'string', null, 'Bucket for Trackio.', NO_TRACKER),
  ignored('trackio_static_space_id', 'json', null, 'Static Space for Trackio.', NO_TRACKER),
]);

const EVALUATION = inGroup('Evaluation', [
  field('eval_strategy', 'enum', 'no', 'When the model is measured on the validation rows.', {
    level: 'basic',
    choices: ['no', 'steps', 'epoch'],
    aliases: ['evaluation_strategy', 'validation'],
  }),
  field(
    'eval_steps',
    'float',
    null,
    'Updates between two evaluations; not set means as often as logging. A value below 1 is a share of the run.',
    {
      min: 0,
      step: 10,
      unit: 'steps or share',
      aliases: ['validation interval'],
    },
  ),
  field('eval_delay', 'float', 0, 'No evaluation before this step (strategy steps) or epoch (strategy epoch).', {
    min: 0,
    step: 1,
    aliases: ['wait'],
  }),
  field('per_device_eval_batch_size', 'int', 8, 'Rows the GPU works on at once while evaluating.', {
    min: 1,
    step: 1,
    unit: 'rows',
    aliases: ['batch size', 'eval_batch_size', 'per_gpu_eval_batch_size'],
  }),
  field('prediction_loss_only', 'bool', false, 'Computes only the loss when evaluating, no other metric.', {
    aliases: ['metrics'],
  }),
  field(
    'eval_on_start',
    'bool',
    false,
    'Evaluates once before the first update, so that there is something to compare with.',
    { aliases: ['baseline'] },
  ),
  field('eval_do_concat_batches', 'bool', true, 'Joins the outputs of all batches before metrics are computed.', {
    aliases: ['concatenate'],
  }),
  ignored(
    'eval_use_gather_object',
    'bool',
    false,
    'Gathers outputs of any kind from all devices.',
    'one device trains here',
  ),
  field(
    'eval_accumulation_steps',
    'int',
    null,
    'Moves evaluation outputs from the GPU to main memory every so many batches.',
    {
      min: 1,
      step: 1,
      unit: 'batches',
      aliases: ['memory'],
    },
  ),
  field(
    'include_for_metrics',
    'stringList',
    [],
    'What the metric function gets besides predictions and labels: inputs, loss.',
    {
      aliases: ['include_inputs_for_metrics'],
    },
  ),
  field('batch_eval_metrics', 'bool', false, 'Updates metrics after every batch, so that outputs need not be kept.', {
    aliases: ['streaming metrics', 'memory'],
  }),
]);

const CHECKPOINTS = inGroup('Checkpoints', [
  field('output_dir', 'string', null, 'Folder name of the model on the way out; not set means trainer_output.', {
    aliases: ['folder', 'name'],
  }),
  field('save_strategy', 'enum', 'steps', 'When a checkpoint is written. best: whenever the metric improves.', {
    level: 'basic',
    choices: ['no', 'steps', 'epoch', 'best'],
    aliases: ['checkpoint', 'save'],
  }),
  field('save_steps', 'float', 500, 'Updates between two checkpoints. A value below 1 is a share of the run.', {
    min: 0,
    step: 10,
    unit: 'steps or share',
    aliases: ['checkpoint interval'],
  }),
  field(
    'save_total_limit',
    'int',
    null,
    'How many checkpoints are kept; older ones go, the best one stays. Not set means all.',
    {
      level: 'basic',
      min: 1,
      step: 1,
      unit: 'checkpoints',
      aliases: ['rotation', 'keep', 'disk space'],
    },
  ),
  field('save_only_model', 'bool', false, 'Writes the weights alone: smaller, but training can not go on from it.', {
    aliases: ['disk space', 'weights only'],
  }),
  ignored('save_on_each_node', 'bool', false, 'Saves on every machine.', 'one device trains here'),
  field(
    'enable_jit_checkpoint',
    'bool',
    false,
    'Saves when the run may be about to end: in the studio when the page is hidden, in the runner when it is told to end. A page that closes may not get the time to finish.',
    { aliases: ['preemption', 'SIGTERM', 'hidden', 'close'] },
  ),
  field('load_best_model_at_end', 'bool', false, 'Ends with the best checkpoint instead of the last weights.', {
    level: 'basic',
    aliases: ['best model', 'early stopping'],
  }),
  field(
    'metric_for_best_model',
    'string',
    null,
    'The evaluation metric that decides which checkpoint is best, with or without eval_. Not set means loss.',
    {
      aliases: ['best metric', 'accuracy', 'f1'],
    },
  ),
  field(
    'greater_is_better',
    'bool',
    null,
    'Whether a larger metric is better. Not set: yes, unless the name ends in loss or loss_per_token.',
    { aliases: ['best metric'] },
  ),
  field(
    'ignore_data_skip',
    'bool',
    false,
    'After resuming, starts the epoch from its first row instead of where it stopped.',
    { aliases: ['resume'] },
  ),
  field(
    'restore_callback_states_from_checkpoint',
    'bool',
    false,
    'Resumes the counters of callbacks such as early stopping, too.',
    {
      aliases: ['resume', 'early stopping'],
    },
  ),
  field(
    'resume_from_checkpoint',
    'string',
    null,
    'Checkpoint that the runner goes on from. In the studio it has no effect: use Resume on the page of a run.',
    { aliases: ['resume'] },
  ),
]);

const REPRODUCIBILITY = inGroup('Reproducibility and data', [
  field('seed', 'int', 42, 'Start of all random numbers: new weights, dropout, data order.', {
    level: 'basic',
    min: 0,
    max: 4294967295,
    step: 1,
    aliases: ['random', 'reproducible'],
  }),
  field('data_seed', 'int', null, 'Seed of the data order alone; not set means the seed above.', {
    min: 0,
    max: 4294967295,
    step: 1,
    aliases: ['shuffle', 'random'],
  }),
  field(
    'full_determinism',
    'bool',
    false,
    'Uses only deterministic kernels. They are the only ones here, so this is always on.',
    { aliases: ['reproducible', 'deterministic'] },
  ),
  field(
    'dataloader_drop_last',
    'bool',
    false,
    'Leaves out the last batch of an epoch when it is not full, in evaluation too.',
    { aliases: ['incomplete batch'] },
  ),
  ignored('dataloader_num_workers', 'int', 0, 'Processes that load data.', OWN_LOADER),
  ignored('dataloader_pin_memory', 'bool', true, 'Pins memory for faster transfers.', OWN_LOADER),
  ignored('dataloader_persistent_workers', 'bool', false, 'Keeps loader processes alive.', OWN_LOADER),
  ignored('dataloader_prefetch_factor', 'int', null, 'Batches loaded ahead by each process.', OWN_LOADER),
  ignored('dataloader_multiprocessing_context', 'string', null, 'How loader processes are started.', OWN_LOADER),
  ignored('dataloader_in_order', 'bool', true, 'Keeps the order of batches with several loader processes.', OWN_LOADER),
  field('remove_unused_columns', 'bool', true, 'Leaves out columns that the model does not take.', {
    aliases: ['columns'],
  }),
  field(
    'label_names',
    'stringList',
    null,
    'Names of the label fields of a batch; not set means what the model takes.',
    { aliases: ['labels'] },
  ),
  field(
    'train_sampling_strategy',
    'enum',
    'random',
    'Order of the rows: shuffled anew each epoch, as in the file, or shuffled with rows of similar length together.',
    {
      choices: ['random', 'sequential', 'group_by_length'],
      unavailable: ['batch_rebalance'],
      unavailableReason: 'it evens out the work of several devices, and one device trains here',
      aliases: ['shuffle', 'group_by_length', 'order', 'padding'],
    },
  ),
  field(
    'length_column_name',
    'string',
    'length',
    'Column with the length of each row, for group_by_length. Without it, the number of tokens counts.',
    { aliases: ['group_by_length'] },
  ),
  ignored('accelerator_config', 'json', null, "Settings of HuggingFace's Accelerate.", 'Accelerate does not run here'),
]);

export const RUN_SPECS: readonly ArgumentSpec[] = [...LOGGING, ...EVALUATION, ...CHECKPOINTS, ...REPRODUCIBILITY];

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARGUMENT_SPECS, findArgumentSpec } from '#protocol/argument-specs.ts';
import { OPTIMIZERS } from '#protocol/optimizer-settings.ts';
import {
  parseTrainingArguments,
  type TrainingArguments,
  toHfJson,
  toTrainingArgumentsJson,
} from '#protocol/training-arguments.ts';

interface Fixture {
  readonly defaults: Record<string, unknown>;
  readonly outcomes: readonly {
    readonly case: Record<string, unknown>;
    readonly ok: boolean;
    readonly resolved?: Record<string, unknown>;
  }[];
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/data/training-arguments.json', import.meta.url), 'utf8'),
);

/** Written out, so that a field of the interface that the table lacks does not compile or does not pass. */
const DEFAULTS: TrainingArguments = {
  outputDir: 'trainer_output',
  runName: null,
  numTrainEpochs: 3,
  maxSteps: -1,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  learningRate: 5e-5,
  lrSchedulerType: 'linear',
  lrSchedulerKwargs: {},
  warmupSteps: 0,
  optim: 'adamw_torch_fused',
  optimArgs: {},
  weightDecay: 0,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  maxGradNorm: 1,
  labelSmoothingFactor: 0,
  bf16: false,
  bf16FullEval: false,
  fp16FullEval: false,
  gradientCheckpointing: false,
  gradientCheckpointingKwargs: {},
  fp16: false,
  useCache: false,
  loggingStrategy: 'steps',
  loggingSteps: 500,
  loggingFirstStep: false,
  loggingNanInfFilter: true,
  reportTo: [],
  evalStrategy: 'no',
  evalSteps: null,
  evalDelay: 0,
  evalOnStart: false,
  perDeviceEvalBatchSize: 8,
  predictionLossOnly: false,
  evalDoConcatBatches: true,
  evalAccumulationSteps: null,
  includeForMetrics: [],
  batchEvalMetrics: false,
  saveStrategy: 'steps',
  saveSteps: 500,
  saveTotalLimit: null,
  saveOnlyModel: false,
  enableJitCheckpoint: false,
  loadBestModelAtEnd: false,
  metricForBestModel: null,
  greaterIsBetter: null,
  ignoreDataSkip: false,
  restoreCallbackStatesFromCheckpoint: false,
  resumeFromCheckpoint: null,
  seed: 42,
  dataSeed: null,
  dataloaderDropLast: false,
  skipMemoryMetrics: true,
  removeUnusedColumns: true,
  labelNames: null,
  trainSamplingStrategy: 'random',
  lengthColumnName: 'length',
  neftuneNoiseAlpha: null,
  torchEmptyCacheSteps: null,
  autoFindBatchSize: false,
  includeNumInputTokensSeen: 'no',
  fullDeterminism: false,
  pushToHub: false,
  hubModelId: null,
  hubStrategy: 'every_save',
  hubToken: null,
  hubPrivateRepo: null,
  hubAlwaysPush: false,
  hubRevision: null,
};

const read = (input: Record<string, unknown>): TrainingArguments => {
  const parsed = parseTrainingArguments(input);
  if (!parsed.ok) throw new Error(parsed.issues.map((issue) => issue.message).join('; '));
  return parsed.args;
};

/** The names of the fields that are refused. */
const refused = (input: Record<string, unknown>): string[] => {
  const parsed = parseTrainingArguments(input);
  return parsed.ok ? [] : parsed.issues.filter((issue) => issue.level === 'error').map((issue) => issue.name);
};

const remarks = (input: Record<string, unknown>): string[] => {
  const parsed = parseTrainingArguments(input);
  return (parsed.ok ? parsed.notes : parsed.issues).map((issue) => `${issue.level} ${issue.name}`);
};

describe('the argument table', () => {
  it('has every field of TrainingArguments with its default', () => {
    expect(Object.fromEntries(ARGUMENT_SPECS.map((spec) => [spec.name, spec.default]))).toEqual(fixture.defaults);
    expect(ARGUMENT_SPECS).toHaveLength(112);
  });

  it('explains each field, and each one that does nothing', () => {
    for (const spec of ARGUMENT_SPECS) {
      expect(spec.help, spec.name).toMatch(/^[A-Z].{10,}[.]$/s);
      expect(spec.support === 'ignored', spec.name).toBe(spec.reason !== undefined);
      expect(spec.type === 'enum', spec.name).toBe(spec.choices !== undefined);
    }
  });

  it('agrees with the interface', () => {
    expect(read({})).toEqual(DEFAULTS);
  });
});

describe('parseTrainingArguments', () => {
  it.each(fixture.outcomes)('decides as HF does on $case', ({ case: input, ok, resolved }) => {
    const parsed = parseTrainingArguments(input);
    expect(parsed.ok).toBe(ok);
    if (!parsed.ok) return;
    expect({
      eval_steps: parsed.args.evalSteps,
      metric_for_best_model: parsed.args.metricForBestModel,
      greater_is_better: parsed.args.greaterIsBetter,
    }).toEqual(resolved);
  });

  it.each([
    ['logging_steps', -1],
    ['save_steps', -5],
    ['per_device_train_batch_size', 0],
    ['per_device_eval_batch_size', 0],
    ['per_device_train_batch_size', 2.5],
    ['max_steps', 0],
    ['max_steps', -2],
    ['num_train_epochs', 0],
    ['num_train_epochs', -1],
    ['gradient_accumulation_steps', 0],
    ['save_total_limit', 0],
    ['label_smoothing_factor', 1],
    ['label_smoothing_factor', -0.1],
    ['learning_rate', -1e-5],
    ['learning_rate', Number.NaN],
    ['learning_rate', Number.POSITIVE_INFINITY],
    ['learning_rate', null],
    ['adam_beta1', 1],
    ['max_grad_norm', -1],
    ['weight_decay', -0.1],
    ['seed', 1.5],
    ['seed', -1],
    ['learning_rate', '5e-5'],
    ['per_device_train_batch_size', '8'],
    ['per_device_train_batch_size', true],
    ['per_device_train_batch_size', [8]],
    ['fp16', 'true'],
    ['fp16', 1],
    ['eval_strategy', true],
    ['label_names', 'labels'],
    ['label_names', [1]],
    ['output_dir', 7],
    ['include_for_metrics', ['predictions']],
  ])('refuses %s = %j, which HF takes or crashes on', (name, value) => {
    expect(refused({ [name]: value })).toEqual([name]);
  });

  it('says how to write a quoted value', () => {
    const parsed = parseTrainingArguments({ per_device_train_batch_size: '8', fp16: 'True' });
    expect(parsed.ok ? [] : parsed.issues.map((issue) => issue.hint)).toEqual([
      'Write 8 without quotes.',
      'Write true without quotes.',
    ]);
  });

  it('names the supported choices where HF has more', () => {
    const parsed = parseTrainingArguments({ optim: 'lomo' });
    expect(parsed.ok ? null : parsed.issues[0]).toEqual({
      name: 'optim',
      level: 'error',
      message: 'optim "lomo" exists in HuggingFace\'s Trainer but is not available here yet.',
      hint: `Use one of: ${OPTIMIZERS.join(', ')}.`,
    });
    const rebalanced = parseTrainingArguments({ train_sampling_strategy: 'batch_rebalance' });
    expect(rebalanced.ok ? null : rebalanced.issues[0]?.message).toContain(
      'not available here: it evens out the work of several devices',
    );
  });

  it('takes either half precision, and refuses both at once', () => {
    expect(read({ bf16: true })).toMatchObject({ bf16: true, fp16: false });
    expect(refused({ bf16: true, fp16: true })).toEqual(['bf16']);
    expect(read({ fp16: true, bf16: false }).fp16).toBe(true);
  });

  it('needs a metric and evaluations to save the best', () => {
    expect(refused({ save_strategy: 'best', eval_strategy: 'epoch' })).toEqual(['metric_for_best_model']);
    expect(refused({ save_strategy: 'best', metric_for_best_model: 'f1' })).toEqual(['eval_strategy']);
    expect(refused({ save_strategy: 'best', metric_for_best_model: 'f1', eval_strategy: 'epoch' })).toEqual([]);
  });

  it('reads settings of schedules', () => {
    expect(read({ lr_scheduler_type: 'cosine', lr_scheduler_kwargs: '{"num_cycles": 2}' }).lrSchedulerKwargs).toEqual({
      num_cycles: 2,
    });
    expect(refused({ lr_scheduler_kwargs: { num_cycles: 2 } })).toEqual(['lr_scheduler_kwargs']);
    expect(refused({ lr_scheduler_type: 'cosine', lr_scheduler_kwargs: { num_cycles: '2' } })).toEqual([
      'lr_scheduler_kwargs',
    ]);
    expect(refused({ lr_scheduler_type: 'cosine', lr_scheduler_kwargs: 'num_cycles=2' })).toEqual([
      'lr_scheduler_kwargs',
    ]);
    expect(refused({ lr_scheduler_type: 'polynomial', lr_scheduler_kwargs: { lr_end: 1 } })).toEqual([
      'lr_scheduler_kwargs',
    ]);
    expect(remarks({ lr_scheduler_type: 'constant', lr_scheduler_kwargs: { x: 1 }, warmup_steps: 5 })).toEqual([
      'warning lr_scheduler_kwargs',
      'warning warmup_steps',
    ]);
  });

  it.each([
    ['cosine_with_restarts', { num_cycles: 3 }],
    ['inverse_sqrt', { timescale: 100 }],
    ['inverse_sqrt', { timescale: null }],
    ['cosine_with_min_lr', { min_lr: 1e-6 }],
    ['cosine_with_min_lr', { min_lr: null, min_lr_rate: 0.1 }],
    ['cosine_warmup_with_min_lr', { min_lr_rate: 0.1, warmup_lr_rate: 0.2 }],
    ['warmup_stable_decay', { num_decay_steps: 4, warmup_type: 'cosine', decay_type: '1-sqrt', min_lr_ratio: 0.1 }],
    ['reduce_lr_on_plateau', { mode: 'min', patience: 2, min_lr: 0 }],
    ['greedy', { smooth: true, window_size: 5, min_lr: 1e-6 }],
  ])('takes %s with %j', (lr_scheduler_type, lr_scheduler_kwargs) => {
    const input = { lr_scheduler_type, lr_scheduler_kwargs, eval_strategy: 'epoch' };
    expect(read(input).lrSchedulerKwargs).toEqual(lr_scheduler_kwargs);
    expect(remarks(input)).toEqual([]);
  });

  it.each([
    ['linear', { num_cycles: 1 }, 'The schedule "linear" has no setting "num_cycles".'],
    ['cosine', { num_cycles: -1 }, 'num_cycles must be a number (at least 0), but is -1.'],
    ['inverse_sqrt', { timescale: 0 }, 'timescale must be a number (above 0), but is 0.'],
    ['cosine_with_min_lr', {}, 'neither is given'],
    ['cosine_with_min_lr', { min_lr: 1e-6, min_lr_rate: 0.1 }, 'both are given'],
    ['cosine_with_min_lr', { min_lr: 1e-3 }, 'min_lr is 0.001, above the learning rate 0.00005'],
    ['cosine_warmup_with_min_lr', { min_lr_rate: 1.5 }, 'min_lr_rate must be a number (at least 0 and at most 1)'],
    ['warmup_stable_decay', {}, 'needs num_decay_steps'],
    ['warmup_stable_decay', { num_decay_steps: 1.5 }, 'num_decay_steps must be a whole number (at least 0)'],
    ['warmup_stable_decay', { num_decay_steps: 4, decay_type: 'sqrt' }, 'must be one of linear, cosine, 1-sqrt'],
    ['reduce_lr_on_plateau', { factor: 1 }, 'factor must be a number (above 0 and below 1), but is 1.'],
    ['reduce_lr_on_plateau', { min_lr: [0, 0] }, 'A list for each parameter group is not available here.'],
    ['reduce_lr_on_plateau', { patience: null }, 'patience must be a whole number (at least 0), but is null.'],
    ['greedy', { smooth: 1 }, 'smooth must be true or false, but is 1.'],
    ['greedy', { constructor: 1 }, 'has no setting "constructor"'],
  ])('refuses %s with %j', (lr_scheduler_type, lr_scheduler_kwargs, message) => {
    const parsed = parseTrainingArguments({ lr_scheduler_type, lr_scheduler_kwargs, eval_strategy: 'epoch' });
    expect(parsed.ok ? null : parsed.issues.map((issue) => issue.message).join()).toContain(message);
  });

  it('knows what a schedule that follows a metric needs', () => {
    expect(refused({ lr_scheduler_type: 'reduce_lr_on_plateau' })).toEqual(['lr_scheduler_type']);
    const plateau = { lr_scheduler_type: 'reduce_lr_on_plateau', eval_strategy: 'epoch' };
    expect(read(plateau)).toMatchObject({ metricForBestModel: 'loss', greaterIsBetter: false });
    expect(remarks({ ...plateau, metric_for_best_model: 'accuracy' })).toEqual(['warning lr_scheduler_kwargs']);
    expect(remarks({ ...plateau, metric_for_best_model: 'f1', lr_scheduler_kwargs: { mode: 'max' } })).toEqual([]);
    expect(remarks({ ...plateau, warmup_steps: 3 })).toEqual(['warning warmup_steps']);
    // Its default minimum lies above usual rates.
    expect(remarks({ ...plateau, lr_scheduler_type: 'greedy' })).toEqual(['warning lr_scheduler_kwargs']);
  });

  it('reads settings of optimizers', () => {
    expect(read({ optim: 'sgd', optim_args: 'momentum=0.9, nesterov=True' }).optimArgs).toEqual({
      momentum: 0.9,
      nesterov: true,
    });
    expect(refused({ optim: 'sgd', optim_args: 'momentum' })).toEqual(['optim_args']);
    expect(refused({ optim: 'sgd', optim_args: 'foreach=true' })).toEqual(['optim_args']);
    expect(refused({ optim: 'sgd', optim_args: 'nesterov=true' })).toEqual(['optim_args']);
    expect(refused({ optim: 'sgd', optim_args: 'momentum=high' })).toEqual(['optim_args']);
    expect(remarks({ optim_args: 'momentum=0.9' })).toEqual(['warning optim_args']);
    expect(remarks({ optim: 'sgd', optim_args: 'weight_decay=0.1' })).toEqual(['warning optim_args']);
  });

  it.each([
    ['adagrad', 'lr_decay=0.1,eps=1e-8', { lr_decay: 0.1, eps: 1e-8 }],
    [
      'rmsprop',
      'momentum=0.9, alpha=0.9,eps=1e-6,centered=True',
      { momentum: 0.9, alpha: 0.9, eps: 1e-6, centered: true },
    ],
    ['schedule_free_adamw', 'weight_lr_power=1,r=0.5', { weight_lr_power: 1, r: 0.5 }],
  ])('takes what HF takes of optim_args with %s', (optim, optim_args, expected) => {
    const input = { optim, optim_args, lr_scheduler_type: 'constant' };
    expect(read(input).optimArgs).toEqual(expected);
    expect(remarks(input)).toEqual([]);
    expect(refused({ ...input, optim_args: 'dampening=0.1' })).toEqual(['optim_args']);
  });

  it('refuses settings of the wrong kind, and tells where optim_args have no effect', () => {
    expect(refused({ optim: 'adagrad', optim_args: 'eps=-1' })).toEqual(['optim_args']);
    expect(refused({ optim: 'rmsprop', optim_args: 'centered=0.5' })).toEqual(['optim_args']);
    for (const optim of ['adafactor', 'lion_32bit', 'adamw_8bit']) {
      expect(remarks({ optim, optim_args: 'eps=1' })).toEqual(['warning optim_args']);
    }
  });

  it('knows what schedule-free AdamW needs of the others', () => {
    expect(remarks({ optim: 'schedule_free_adamw' })).toEqual(['warning lr_scheduler_type']);
    expect(remarks({ optim: 'schedule_free_adamw', lr_scheduler_type: 'constant', warmup_steps: 5 })).toEqual([]);
    expect(refused({ optim: 'schedule_free_adamw', adam_beta1: 0 })).toEqual(['adam_beta1']);
  });

  it('reads which tokens are counted, as words or as a switch', () => {
    expect(read({}).includeNumInputTokensSeen).toBe('no');
    expect(read({ include_num_input_tokens_seen: true }).includeNumInputTokensSeen).toBe('all');
    expect(read({ include_num_input_tokens_seen: false }).includeNumInputTokensSeen).toBe('no');
    expect(read({ include_num_input_tokens_seen: 'non_padding' }).includeNumInputTokensSeen).toBe('non_padding');
    expect(refused({ include_num_input_tokens_seen: 'some' })).toEqual(['include_num_input_tokens_seen']);
  });

  it.each([
    ['none', []],
    [null, []],
    [[], []],
    [['none'], []],
    ['all', ['tensorboard']],
    [['all'], ['tensorboard']],
    ['tensorboard', ['tensorboard']],
    [
      ['wandb', 'tensorboard'],
      ['wandb', 'tensorboard'],
    ],
  ])('reads report_to %j', (report_to, trackers) => {
    expect(read({ report_to }).reportTo).toEqual(trackers);
    expect(remarks({ report_to })).toEqual(trackers.map(() => 'note report_to'));
  });

  it('refuses trackers that HF does not know, and names those that are not called', () => {
    for (const report_to of ['csv', ['tensorboard', 'none'], 3, [null]])
      expect(refused({ report_to }), JSON.stringify(report_to)).toEqual(['report_to']);
    const parsed = parseTrainingArguments({ report_to: ['wandb', 'mlflow'] });
    expect(parsed.ok && parsed.notes.map(({ message }) => message)).toEqual([
      'report_to: wandb, mlflow kept but not called, since nothing leaves this device.',
    ]);
    expect(toTrainingArgumentsJson(read({ report_to: 'wandb' }))['report_to']).toEqual(['wandb']);
  });

  it('says where a checkpoint to resume from is read', () => {
    expect(read({ resume_from_checkpoint: 'out/checkpoint-4' }).resumeFromCheckpoint).toBe('out/checkpoint-4');
    expect(remarks({ resume_from_checkpoint: 'out/checkpoint-4' })).toEqual(['note resume_from_checkpoint']);
  });

  it('cuts warm-up steps to whole ones and leaves shares', () => {
    expect(read({ warmup_steps: 1.5 }).warmupSteps).toBe(1);
    expect(read({ warmup_steps: 0.1 }).warmupSteps).toBe(0.1);
  });

  it('reports every wrong field at once', () => {
    expect(refused({ learning_rate: -1, seed: 'x', fp16: 3 })).toEqual(['learning_rate', 'fp16', 'seed']);
  });

  it('lets repositories of the Hub have their names only, and knows the strategies of HF', () => {
    expect(read({ push_to_hub: true, hub_model_id: 'julia/moods-1.0', hub_strategy: 'checkpoint' })).toMatchObject({
      hubModelId: 'julia/moods-1.0',
      hubStrategy: 'checkpoint',
    });
    expect(refused({ hub_model_id: 'a/b/c' })).toEqual(['hub_model_id']);
    expect(refused({ hub_strategy: 'always' })).toEqual(['hub_strategy']);
  });

  it('warns of evaluation steps that nothing uses', () => {
    expect(remarks({ eval_steps: 10 })).toEqual(['warning eval_steps']);
  });

  it('keeps what it does not use, and says so', () => {
    const given = { use_cpu: true, my_field: [1], do_train: false };
    const parsed = parseTrainingArguments(given);
    expect(parsed.ok && parsed.raw).toEqual(given);
    expect(remarks(given)).toEqual(['warning my_field', 'note use_cpu']);
  });
});

describe('names of version 4', () => {
  it('reads them under their present ones', () => {
    const parsed = parseTrainingArguments({
      evaluation_strategy: 'epoch',
      per_gpu_train_batch_size: 4,
      warmup_ratio: 0.1,
      no_cuda: true,
      include_inputs_for_metrics: true,
      logging_dir: 'runs',
    });
    expect(parsed.ok && parsed.raw).toEqual({
      logging_dir: 'runs',
      eval_strategy: 'epoch',
      per_device_train_batch_size: 4,
      warmup_steps: 0.1,
      use_cpu: true,
      include_for_metrics: ['inputs'],
    });
    expect(parsed.ok && parsed.args.evalStrategy).toBe('epoch');
  });

  it('lets the present name win, except where version 4 did not', () => {
    expect(read({ evaluation_strategy: 'epoch', eval_strategy: 'steps' }).evalStrategy).toBe('steps');
    expect(read({ warmup_ratio: 0.2, warmup_steps: 0 }).warmupSteps).toBe(0.2);
    expect(read({ warmup_ratio: 0.2, warmup_steps: 9 }).warmupSteps).toBe(9);
    expect(read({ warmup_ratio: 0, warmup_steps: 9, per_gpu_train_batch_size: null, group_by_length: false })).toEqual(
      read({ warmup_steps: 9 }),
    );
  });

  it('reads switches of old as the values they chose, and refuses a ratio that is none', () => {
    expect(read({ adafactor: true, optim: 'adamw_torch' }).optim).toBe('adafactor');
    expect(read({ group_by_length: true }).trainSamplingStrategy).toBe('group_by_length');
    expect(refused({ warmup_ratio: 1 })).toEqual(['warmup_steps']);
  });
});

describe('HF-style JSON', () => {
  const given = { learning_rate: 1e-4, eval_strategy: 'epoch', push_to_hub: true, my_field: { a: 1 }, seed: 42 };

  it('writes what was changed', () => {
    expect(JSON.parse(toHfJson(given, 'changed'))).toEqual({
      learning_rate: 1e-4,
      eval_strategy: 'epoch',
      push_to_hub: true,
      my_field: { a: 1 },
    });
  });

  it('comes back the same', () => {
    for (const fields of ['changed', 'all'] as const) {
      const first = toHfJson(given, fields);
      const parsed = parseTrainingArguments(JSON.parse(first));
      expect(parsed.ok && toHfJson(parsed.raw, fields)).toBe(first);
      expect(parsed.ok && parsed.args).toEqual(read(given));
    }
    expect(Object.keys(JSON.parse(toHfJson(given, 'all')))).toHaveLength(113);
  });

  it('never writes a token', () => {
    expect(toHfJson({ hub_token: 'hf_secret' }, 'all')).toContain('"hub_token": "<HUB_TOKEN>"');
    const given = { hub_token: 'hf_secret' };
    const written = toTrainingArgumentsJson(read(given), given);
    expect(written.hub_token).toBe('<HUB_TOKEN>');
    expect([read(given).hubToken, read(written).hubToken]).toEqual(['hf_secret', null]);
  });

  it('writes every field with its resolved value', () => {
    const input = {
      optim: 'sgd',
      optim_args: 'momentum=0.9,nesterov=true',
      load_best_model_at_end: true,
      save_strategy: 'epoch',
      eval_strategy: 'epoch',
      push_to_hub: true,
    };
    const written = toTrainingArgumentsJson(read(input), input);
    expect(Object.keys(written)).toHaveLength(112);
    expect(written).toMatchObject({
      ...input,
      metric_for_best_model: 'loss',
      greater_is_better: false,
      lr_scheduler_kwargs: null,
    });
    expect(read(written)).toEqual(read(input));
  });

  it('finds rows by name only', () => {
    expect(findArgumentSpec('seed')?.default).toBe(42);
    expect(findArgumentSpec('constructor')).toBeUndefined();
  });
});

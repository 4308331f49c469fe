// optimizer.pt, scheduler.pt and scaler.pt of a checkpoint, as transformers' Trainer resumes from them. Called where a
// checkpoint leaves for Python: the download of the studio and the folders of the runner.

import { TorchFloat, type TorchKey, type TorchTensor, type TorchValue, tensorOf } from '#formats/torch-values.ts';
import { type TorchArchive, torchArchive } from '#formats/torch-writer.ts';
import { STATE } from '#kernels/update-state/update-state.ts';
import { parseTrainingArguments, type TrainingArguments } from '#protocol/training-arguments.ts';
import { PROGRESS_FILE, type Progress } from '#trainer/checkpoint-files.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { type TorchOptimizer, torchOptimizer } from './torch-optimizers.ts';

/** File of the optimizer's tensors in a checkpoint here, and the one among them that torch has no place for. */
export const OPTIMIZER_FILE = 'optimizer.safetensors';
export const UPDATE_STATE = 'update_state';

/** One of the optimizer's tensors, f32, such as `exp_avg.classifier.weight`. */
export interface StateTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

export interface ResumableCheckpoint {
  readonly readText: (path: string) => Promise<string>;
  /** All of `optimizer.safetensors`, in the order in which they are best read. */
  readonly state: readonly StateTensor[];
}

/** By file name; none for an optimizer that torch does not have, or for a checkpoint of an earlier version. */
export async function torchFiles(checkpoint: ResumableCheckpoint): Promise<ReadonlyMap<string, TorchArchive>> {
  const progress = parseHfJson(await checkpoint.readText(PROGRESS_FILE), PROGRESS_FILE, 'E-CHECKPOINT') as Progress;
  const args = argumentsIn(await checkpoint.readText('training_args.json'));
  const optimizer = torchOptimizer(args);
  if (!optimizer || !progress.param_groups || progress.scheduler.next_lr === undefined) return new Map();
  const update = await updateState(checkpoint.state);
  const tensors = new Map(
    checkpoint.state.map(({ name, shape, chunks }) => [name, tensorOf('float32', shape, chunks)]),
  );
  const order = [...tensors.values()].map(({ storage }) => storage);
  const step = update[STATE.step]!;
  const parts = { args, progress, optimizer, tensors, step };
  const files = new Map<string, TorchArchive>([
    ['optimizer.pt', torchArchive(optimizerState(parts), 'optimizer', order)],
    ['scheduler.pt', torchArchive(schedulerState(args, progress), 'scheduler')],
  ]);
  if (args.fp16) files.set('scaler.pt', torchArchive(scalerState(update), 'scaler'));
  return files;
}

function argumentsIn(text: string): TrainingArguments {
  const json = parseHfJson(text, 'training_args.json', 'E-CHECKPOINT');
  const parsed = parseTrainingArguments(json as Readonly<Record<string, unknown>>);
  if (parsed.ok) return parsed.args;
  throw new StudioError(
    'E-CHECKPOINT',
    msg`training_args.json does not hold sound arguments: ${parsed.issues[0]?.message}`,
    {
      where: 'training_args.json',
      safe: msg`The checkpoint is untouched.`,
    },
  );
}

async function updateState(state: readonly StateTensor[]): Promise<Float32Array> {
  const found = state.find(({ name }) => name === UPDATE_STATE);
  const bytes = new Uint8Array((found?.shape[0] ?? 0) * 4);
  let at = 0;
  for await (const chunk of found?.chunks() ?? []) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return new Float32Array(bytes.buffer);
}

interface OptimizerParts {
  readonly args: TrainingArguments;
  readonly progress: Progress;
  readonly optimizer: TorchOptimizer;
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Updates that were not skipped. */
  readonly step: number;
}

/** Parameters are numbered through the groups, in the order in which torch has them. */
function optimizerState({ args, progress, optimizer, tensors, step }: OptimizerParts): TorchValue {
  const groups = progress.param_groups ?? [];
  const names = groups.flatMap(({ params }) => params);
  const hasState = step > 0 && (optimizer.counts !== null || optimizer.kindsOf(() => false).length > 0);
  const state = hasState
    ? names.map((name, index) => [index, parameterState(optimizer, tensors, name, step)] as const)
    : [];
  let first = 0;
  const paramGroups = groups.map(({ weight_decay, params }) => {
    first += params.length;
    return new Map<TorchKey, TorchValue>([
      ['weight_decay', new TorchFloat(weight_decay)],
      ['lr', new TorchFloat(progress.scheduler.next_lr ?? 0)],
      ...optimizer.hyperparameters,
      // LambdaLR leaves it there, a schedule that follows a metric does not.
      ...(progress.scheduler.metric_state ? [] : [['initial_lr', new TorchFloat(args.learningRate)] as const]),
      ['params', params.map((_, i) => first - params.length + i)],
    ]);
  });
  return new Map<TorchKey, TorchValue>([
    ['state', new Map<TorchKey, TorchValue>(state)],
    ['param_groups', paramGroups],
  ]);
}

function parameterState(
  optimizer: TorchOptimizer,
  tensors: ReadonlyMap<string, TorchTensor>,
  name: string,
  step: number,
): TorchValue {
  const { counts, kindsOf, scalars = [], nested } = optimizer;
  const own = kindsOf((kind) => tensors.has(`${kind}.${name}`)).map((kind) => {
    const tensor = tensors.get(`${kind}.${name}`);
    if (tensor) return [nested?.names[kind] ?? kind, tensor] as const;
    throw new StudioError('E-CHECKPOINT', msg`The checkpoint lacks ${kind}.${name}.`, {
      where: OPTIMIZER_FILE,
      hint: msg`The checkpoint is damaged; take another one.`,
      safe: msg`The checkpoint is untouched.`,
    });
  });
  return new Map<TorchKey, TorchValue>([
    ...(counts === null ? [] : [['step', counts === 'tensor' ? scalar(step) : step] as const]),
    ...(nested ? [[nested.key, new Map<TorchKey, TorchValue>(own)] as const] : own),
    ...scalars.map((key) => [key, scalar(0)] as const),
  ]);
}

/** A tensor without dimensions: each parameter has its own, since torch counts them up in place. */
function scalar(value: number): TorchTensor {
  return tensorOf('float32', [], async function* () {
    yield new Uint8Array(Float32Array.of(value).buffer);
  });
}

function schedulerState({ learningRate, lrSchedulerType }: TrainingArguments, { scheduler }: Progress): TorchValue {
  if (scheduler.metric_state) return asTorch(scheduler.metric_state);
  const { next_lr = 0, last_epoch } = scheduler;
  // torch keeps nothing of a plain function, and the (empty) attributes of a partial one.
  const lambda = lrSchedulerType === 'constant' ? null : new Map();
  return new Map<TorchKey, TorchValue>([
    ['base_lrs', [new TorchFloat(learningRate), new TorchFloat(learningRate)]],
    ['last_epoch', last_epoch],
    ['_step_count', last_epoch + 1],
    ['_is_initial', false],
    ['_get_lr_called_within_step', false],
    ['_last_lr', [new TorchFloat(next_lr), new TorchFloat(next_lr)]],
    ['lr_lambdas', [lambda, lambda]],
  ]);
}

/** torch.amp.GradScaler's, whose settings are fixed here. */
function scalerState(update: Float32Array): TorchValue {
  return new Map<TorchKey, TorchValue>([
    ['scale', new TorchFloat(update[STATE.lossScale]!)],
    ['growth_factor', new TorchFloat(2)],
    ['backoff_factor', new TorchFloat(0.5)],
    ['growth_interval', 2000],
    ['_growth_tracker', update[STATE.growthTracker]!],
  ]);
}

/** Plain data of a state_dict. */
function asTorch(value: unknown): TorchValue {
  if (Array.isArray(value)) return value.map(asTorch);
  if (typeof value === 'object' && value !== null)
    return new Map(Object.entries(value).map(([key, each]) => [key, asTorch(each)]));
  return value as TorchValue;
}

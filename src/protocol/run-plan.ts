// Arithmetic of a run: how many updates, when something is logged, evaluated and saved. Pure; HF's rules.
// The Trainer takes its steps from `resolveSteps`; the studio shows `computeRunPlan` before Start.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { MemoryPlan } from './memory-plan.ts';
import { followsMetric, ignoresWarmup } from './scheduler-settings.ts';
import type { RunPlan } from './studio-data.ts';
import type { TrainingArguments } from './training-arguments.ts';

/** All in update steps, whole numbers. */
export interface ResolvedSteps {
  readonly maxSteps: number;
  readonly stepsPerEpoch: number;
  /** Epochs begun, the last one perhaps not finished. */
  readonly numTrainEpochs: number;
  readonly loggingSteps: number;
  readonly evalSteps: number;
  readonly saveSteps: number;
  readonly warmupSteps: number;
}

/** Micro-batches of one epoch. */
export function countBatches(samples: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize);
}

/**
 * @param batchesPerEpoch micro-batches of one epoch, at least 1.
 * @param stepOffset of a resumed run: updates done beyond those that the present batch would have needed. Default 0.
 * @throws StudioError E-ARGS when there is no batch.
 */
export function resolveSteps(args: TrainingArguments, batchesPerEpoch: number, stepOffset = 0): ResolvedSteps {
  if (batchesPerEpoch < 1) throw noBatch(args);
  const stepsPerEpoch = Math.max(1, Math.ceil(batchesPerEpoch / args.gradientAccumulationSteps));
  const byEpochs = args.maxSteps <= 0;
  const maxSteps = byEpochs ? Math.ceil(args.numTrainEpochs * stepsPerEpoch) + stepOffset : args.maxSteps;
  const numTrainEpochs = byEpochs ? Math.ceil(args.numTrainEpochs) : Math.ceil((maxSteps - stepOffset) / stepsPerEpoch);
  const steps = (value: number): number => (value < 1 ? Math.ceil(maxSteps * value) : value);
  return {
    maxSteps,
    stepsPerEpoch,
    numTrainEpochs,
    loggingSteps: steps(args.loggingSteps),
    // Absent only where nothing is evaluated by steps; HF's state then has its default.
    evalSteps: steps(args.evalSteps ?? 500),
    saveSteps: steps(args.saveSteps),
    warmupSteps: steps(args.warmupSteps),
  };
}

function noBatch(args: TrainingArguments): StudioError {
  return new StudioError('E-ARGS', msg`There are too few rows for a single batch.`, {
    where: msg`per_device_train_batch_size ${args.perDeviceTrainBatchSize}, dataloader_drop_last ${args.dataloaderDropLast}`,
    hint: args.dataloaderDropLast
      ? msg`Turn dataloader_drop_last off or take a smaller batch.`
      : msg`Add rows to the training data.`,
    safe: msg`Nothing was started.`,
  });
}

export interface RunPlanInput {
  readonly trainSamples: number;
  readonly args: TrainingArguments;
  /** Bytes of one checkpoint. */
  readonly checkpointBytes: number;
  readonly memory: MemoryPlan | null;
  /** Multiplier of the learning rate after so many updates. */
  readonly schedule: (completed: number, steps: ResolvedSteps) => number;
}

/** What Start will do. `saves` counts checkpoints written on the way (at most, with the strategy best). */
export function computeRunPlan({ trainSamples, args, checkpointBytes, memory, schedule }: RunPlanInput): RunPlan {
  const batches = countBatches(trainSamples, args.perDeviceTrainBatchSize, args.dataloaderDropLast);
  const steps = resolveSteps(args, batches);
  const evaluations = countEvaluations(args, steps, batches);
  const { maxSteps, stepsPerEpoch, numTrainEpochs, warmupSteps } = steps;
  const saves = countSaves(args, steps, evaluations);
  const warnings = planWarnings(args, steps, { batches, evaluations, saves });
  return {
    maxSteps,
    stepsPerEpoch,
    numTrainEpochs,
    warmupSteps,
    evaluations,
    saves,
    checkpointBytes,
    rates: Array.from(
      { length: CURVE_POINTS },
      (_, i) => args.learningRate * schedule(Math.round((i * (maxSteps - 1)) / (CURVE_POINTS - 1)), steps),
    ),
    evaluationSteps: dueSteps(args.evalStrategy, steps.evalSteps, steps),
    saveSteps: dueSteps(
      args.saveStrategy === 'best' ? args.evalStrategy : args.saveStrategy,
      saveCadence(args, steps),
      steps,
    ),
    memory,
    warnings,
  };
}

const CURVE_POINTS = 81;
const MOST_MARKS = 100;

const saveCadence = (args: TrainingArguments, steps: ResolvedSteps): number =>
  args.saveStrategy === 'best' ? steps.evalSteps : steps.saveSteps;

/** Where a strategy acts, the end included. */
function dueSteps(
  strategy: 'no' | 'steps' | 'epoch',
  every: number,
  { maxSteps, stepsPerEpoch }: ResolvedSteps,
): number[] {
  if (strategy === 'no') return [];
  const cadence = strategy === 'epoch' ? stepsPerEpoch : every;
  const count = Math.ceil(maxSteps / cadence);
  const stride = Math.ceil(count / MOST_MARKS);
  return Array.from({ length: Math.ceil(count / stride) }, (_, i) => Math.min(maxSteps, (i + 1) * stride * cadence));
}

/** Multiples of `every` up to `last`, none before `from`, and the last step itself. */
function countDue(every: number, last: number, from: number): number {
  if (from > last) return 0;
  const multiples = Math.floor(last / every) - Math.ceil(Math.max(from, 1) / every) + 1;
  return multiples + (last % every === 0 ? 0 : 1);
}

function countEvaluations(args: TrainingArguments, steps: ResolvedSteps, batches: number): number {
  const first = args.evalOnStart && args.evalStrategy !== 'no' ? 1 : 0;
  switch (args.evalStrategy) {
    case 'no':
      return 0;
    case 'steps':
      return first + countDue(steps.evalSteps, steps.maxSteps, args.evalDelay);
    case 'epoch':
      return first + epochEnds(args, steps, batches).filter((epoch) => epoch >= args.evalDelay).length;
    default:
      return args.evalStrategy satisfies never;
  }
}

/** The epoch value at each epoch's end; the last one is a fraction when the run ends inside it. */
function epochEnds(args: TrainingArguments, steps: ResolvedSteps, batches: number): number[] {
  const whole = steps.numTrainEpochs - 1;
  const lastSteps = steps.maxSteps - whole * steps.stepsPerEpoch;
  const lastBatches = Math.min(batches, lastSteps * args.gradientAccumulationSteps);
  return [...Array.from({ length: whole }, (_, epoch) => epoch + 1), whole + lastBatches / batches];
}

function countSaves(args: TrainingArguments, steps: ResolvedSteps, evaluations: number): number {
  switch (args.saveStrategy) {
    case 'no':
      return 0;
    case 'steps':
      return countDue(steps.saveSteps, steps.maxSteps, 1);
    case 'epoch':
      return steps.numTrainEpochs;
    case 'best':
      return evaluations;
    default:
      return args.saveStrategy satisfies never;
  }
}

interface Counts {
  readonly batches: number;
  readonly evaluations: number;
  readonly saves: number;
}

function planWarnings(args: TrainingArguments, steps: ResolvedSteps, counts: Counts): string[] {
  const { maxSteps, warmupSteps, stepsPerEpoch } = steps;
  const leftOver = counts.batches % args.gradientAccumulationSteps;
  const firstSave = args.saveStrategy === 'epoch' ? Math.min(stepsPerEpoch, maxSteps) : steps.saveSteps;
  const savesBeforeEnd = args.saveStrategy === 'best' ? counts.saves > 1 : counts.saves > 0 && firstSave < maxSteps;
  const warnings: [when: boolean, text: string][] = [
    [
      !savesBeforeEnd,
      msg`Nothing is saved before the end (step ${maxSteps}): if the page closes, the run starts again. Lower save_steps.`,
    ],
    [args.saveOnlyModel, msg`Checkpoints hold weights only (save_only_model), so the run can not be resumed.`],
    [
      warmupSteps >= maxSteps && !ignoresWarmup(args.lrSchedulerType),
      msg`Warm-up (${warmupSteps} steps) is as long as the run (${maxSteps}): the learning rate never reaches its peak.`,
    ],
    [
      args.loggingStrategy === 'no' ||
        (args.loggingStrategy === 'steps' && steps.loggingSteps > maxSteps && !args.loggingFirstStep),
      msg`No training loss will be shown: logging_steps is ${args.loggingSteps} and the run has ${maxSteps} steps.`,
    ],
    [
      args.evalStrategy !== 'no' && counts.evaluations === 0,
      msg`eval_delay ${args.evalDelay} lies beyond the end: nothing will be evaluated.`,
    ],
    [
      args.evalStrategy !== 'no' && followsMetric(args.lrSchedulerType) && counts.evaluations <= patienceOf(args),
      msg`The schedule ${args.lrSchedulerType} never acts: there are ${counts.evaluations} evaluations and its patience is ${patienceOf(args)}.`,
    ],
    [phasesOf(args, steps) > maxSteps, phasesWarning(args, steps)],
    [args.learningRate === 0, msg`The learning rate is 0: nothing will be learned.`],
    [
      leftOver > 0 && args.gradientAccumulationSteps > 1,
      msg`The last update of each epoch sees ${leftOver} of ${args.gradientAccumulationSteps} batches.`,
    ],
  ];
  return warnings.filter(([when]) => when).map(([, text]) => text);
}

/** Evaluations that a schedule which follows a metric waits; it acts on the one after them. */
const patienceOf = (args: TrainingArguments): number => Number(args.lrSchedulerKwargs['patience'] ?? 10);

/** Steps that warmup_stable_decay is told to take; 0 for the others. */
function phasesOf({ lrSchedulerType, lrSchedulerKwargs }: TrainingArguments, { warmupSteps }: ResolvedSteps): number {
  if (lrSchedulerType !== 'warmup_stable_decay') return 0;
  return (
    warmupSteps + Number(lrSchedulerKwargs['num_stable_steps'] ?? 0) + Number(lrSchedulerKwargs['num_decay_steps'])
  );
}

function phasesWarning(args: TrainingArguments, steps: ResolvedSteps): string {
  return msg`Warm-up, stable part and decay take ${phasesOf(args, steps)} steps, but the run has ${steps.maxSteps}: the learning rate does not follow the schedule to its end.`;
}

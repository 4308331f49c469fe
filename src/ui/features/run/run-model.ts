// What the page of a run reads out of a snapshot. Pure; tested in Node.

import type { RunSnapshot } from '#client/run-store.ts';
import type { ArgumentSpec } from '#protocol/argument-spec.ts';
import { findArgumentSpec } from '#protocol/argument-specs.ts';
import type { CheckpointSummary } from '#protocol/messages.ts';
import type { LogEntry } from '#protocol/metrics.ts';
import type { RunState } from '#protocol/run-state.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import { formatNumber } from '../../format.ts';
import { t } from '../../language/translate.ts';

/** Commands that make sense in a state. */
export interface Commands {
  readonly pause: boolean;
  readonly continue: boolean;
  readonly saveNow: boolean;
  readonly evaluateNow: boolean;
  readonly stopSave: boolean;
  readonly stopDiscard: boolean;
  /** Resume, or start again when nothing was saved. */
  readonly resume: boolean;
  /** Resume with other arguments; of a run that is done, to train longer. */
  readonly resumeWithChanges: boolean;
}

const NONE: Commands = {
  pause: false,
  continue: false,
  saveNow: false,
  evaluateNow: false,
  stopSave: false,
  stopDiscard: false,
  resume: false,
  resumeWithChanges: false,
};

export function commandsFor(state: RunState): Commands {
  switch (state.status) {
    case 'preparing':
      return { ...NONE, stopDiscard: true };
    case 'training':
    case 'evaluating':
    case 'saving':
      return { ...NONE, pause: true, saveNow: true, evaluateNow: true, stopSave: true, stopDiscard: true };
    case 'paused':
      return { ...NONE, continue: true, saveNow: state.reason === 'user', stopSave: true, stopDiscard: true };
    case 'finalizing':
      return NONE;
    case 'completed':
      return { ...NONE, resumeWithChanges: true };
    case 'stopped':
    case 'failed':
    case 'interrupted':
      return { ...NONE, resume: true, resumeWithChanges: true };
    default:
      return state satisfies never;
  }
}

export interface ClassScores {
  readonly label: string;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** Validation rows with this label. */
  readonly rows: number | null;
}

export interface LatestEvaluation {
  readonly step: number;
  readonly metrics: readonly (readonly [name: string, value: number])[];
  /** Rows: what it is; columns: what the model said. */
  readonly confusion: readonly (readonly number[])[] | null;
  readonly classes: readonly ClassScores[];
}

/** Figures about speed say nothing of quality. */
const isQuality = (name: string): boolean => name.startsWith('eval_') && !/_(runtime|per_second)$/.test(name);

export function latestEvaluation(log: readonly LogEntry[], labels: readonly string[]): LatestEvaluation | null {
  const entry = log.findLast((candidate) => Object.keys(candidate).some(isQuality));
  if (!entry) return null;
  const metrics = Object.entries(entry).flatMap(([name, value]) =>
    isQuality(name) && typeof value === 'number' ? [[name, value] as const] : [],
  );
  const confusion = matrixOf(entry.eval_confusion_matrix);
  const scores = ['precision', 'recall', 'f1'].map((name) => vectorOf(entry[`eval_per_class_${name}`]));
  const classes = scores.every((list) => list === null)
    ? []
    : labels.map((label, index) => ({
        label,
        precision: scores[0]?.[index] ?? null,
        recall: scores[1]?.[index] ?? null,
        f1: scores[2]?.[index] ?? null,
        rows: confusion?.[index]?.reduce((sum, count) => sum + count, 0) ?? null,
      }));
  return { step: entry.step, metrics, confusion, classes };
}

function vectorOf(value: LogEntry[string]): readonly number[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? value : null;
}

function matrixOf(value: LogEntry[string]): readonly (readonly number[])[] | null {
  if (!Array.isArray(value)) return null;
  const rows = value.map((row: number | readonly number[]) => (typeof row === 'number' ? null : row));
  return rows.every((row) => row !== null) ? rows : null;
}

/** One line of the log: its numbers. Lists are left to the tables that show them, and to the JSON. */
export function describeEntry(entry: LogEntry): string {
  return Object.entries(entry)
    .filter(([name]) => name !== 'step' && name !== 'epoch')
    .flatMap(([name, value]) => (typeof value === 'number' ? [`${name} ${formatNumber(value)}`] : []))
    .join(' · ');
}

/** The one to try or take home: the best, else the final, else the latest. */
export function bestCheckpoint(checkpoints: readonly CheckpointSummary[]): CheckpointSummary | null {
  return (
    checkpoints.find((checkpoint) => checkpoint.isBest) ??
    checkpoints.find((checkpoint) => checkpoint.name === 'final') ??
    checkpoints.find((checkpoint) => checkpoint.isLatest) ??
    checkpoints.at(-1) ??
    null
  );
}

/** Metrics worth a column, at most three: the loss and what says most about quality. */
export function checkpointMetrics(checkpoints: readonly CheckpointSummary[]): readonly string[] {
  const names = new Set(checkpoints.flatMap((checkpoint) => Object.keys(checkpoint.metrics)).filter(isQuality));
  const wanted = [
    'eval_loss',
    'eval_accuracy',
    'eval_macro_f1',
    'eval_f1',
    'eval_f1_macro',
    'eval_mse',
    'eval_pearson',
  ];
  const rest = [...names].filter((name) => !wanted.includes(name));
  return [...wanted.filter((name) => names.has(name)), ...rest].slice(0, 3);
}

/** What HF's Trainer writes when it pushes. */
export function commitMessage({ name, step }: Pick<CheckpointSummary, 'name' | 'step'>): string {
  return name === 'final' ? 'End of training' : `Training in progress, step ${step}`;
}

export function downloadName(run: string, checkpoint: string): string {
  return `${run}-${checkpoint}`.replace(/[^A-Za-z0-9._-]+/g, '-').concat('.zip');
}

/** Going on with such a run takes an access token. */
export const pushesToHub = (given: Readonly<Record<string, unknown>>): boolean => given['push_to_hub'] === true;

/** What a run may go on with other values of. */
const CHANGEABLE = [
  'learning_rate',
  'num_train_epochs',
  'max_steps',
  'per_device_train_batch_size',
  'gradient_accumulation_steps',
] as const;

export interface ChangeableArgument {
  readonly spec: ArgumentSpec;
  readonly value: unknown;
}

export const changeableArguments = (given: Readonly<Record<string, unknown>>): ChangeableArgument[] =>
  CHANGEABLE.map((name) => {
    const spec = findArgumentSpec(name)!;
    return { spec, value: Object.hasOwn(given, name) ? given[name] : spec.default };
  });

/** What was typed differently. A text that is no number is passed on as it is: the engine says what is wrong with it. */
export function typedChanges(
  fields: readonly ChangeableArgument[],
  typed: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap(({ spec, value }) => {
      const text = typed[spec.name]?.trim();
      if (text === undefined || text === String(value)) return [];
      const number = Number(text);
      return number === value ? [] : [[spec.name, text === '' || Number.isNaN(number) ? text : number]];
    }),
  );
}

/** The one that was saved nearest to a step; null: there is none. */
export function nearestCheckpoint(checkpoints: readonly CheckpointSummary[], step: number): CheckpointSummary | null {
  const distance = (checkpoint: CheckpointSummary): number => Math.abs(checkpoint.step - step);
  return checkpoints.reduce<CheckpointSummary | null>(
    (best, each) => (best === null || distance(each) < distance(best) ? each : best),
    null,
  );
}

export interface NextEvent {
  readonly name: string;
  readonly step: number;
}

/** What the strategies will do next; nothing for a run that is not going on. */
export function nextEvents({ summary, progress, detail }: RunSnapshot): readonly NextEvent[] {
  const parsed = parseTrainingArguments(detail.setup.trainingArguments);
  if (summary.owner === 'none' || !parsed.ok || !progress) return [];
  const { args } = parsed;
  const { step, maxSteps, numTrainEpochs } = progress;
  const next = (strategy: string, every: number | null): number | null => {
    const perEpoch = maxSteps / Math.max(1, numTrainEpochs);
    const cadence = strategy === 'epoch' ? perEpoch : strategy !== 'steps' || every === null ? null : every;
    if (cadence === null) return null;
    const steps = cadence < 1 ? Math.ceil(maxSteps * cadence) : cadence;
    return Math.min(maxSteps, Math.ceil((Math.floor(step / steps) + 1) * steps));
  };
  const evaluation = next(args.evalStrategy, args.evalSteps);
  const save = next(args.saveStrategy, args.saveSteps);
  return [
    ...(evaluation === null ? [] : [{ name: t`Next evaluation`, step: evaluation }]),
    ...(save === null ? [] : [{ name: t`Next checkpoint`, step: save }]),
  ];
}

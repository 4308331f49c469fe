// TrainingArguments: what the Trainer is told, read from HF-style snake_case JSON and written back to it.
// The form, the worker, the runner and the Trainer all go through `parseTrainingArguments`.

import { msg } from '#util/msg.ts';
import { checkRules } from './argument-rules.ts';
import type { ArgumentIssue, ArgumentSpec } from './argument-spec.ts';
import { ARGUMENT_SPECS, findArgumentSpec, toCamelCase } from './argument-specs.ts';
import { checkValue } from './argument-value.ts';
import { type CheckpointingSettings, parseCheckpointingKwargs } from './checkpointing-settings.ts';
import { renameLegacyArguments } from './legacy-arguments.ts';
import { type OptimArg, type OptimizerName, parseOptimArgs } from './optimizer-settings.ts';
import { trackersOf } from './report-to.ts';
import {
  followsMetric,
  type LrSchedulerType,
  parseSchedulerKwargs,
  type ScheduleSetting,
} from './scheduler-settings.ts';

type IntervalStrategy = 'no' | 'steps' | 'epoch';
type SaveStrategy = IntervalStrategy | 'best';
type SamplingStrategy = 'random' | 'sequential' | 'group_by_length';
export type HubStrategy = 'end' | 'every_save' | 'checkpoint' | 'all_checkpoints';
export type CountedTokens = 'no' | 'all' | 'non_padding';

/**
 * Every argument that works here, resolved: HF's defaults filled in, texts parsed. A unit test holds this interface
 * and the table together. Meanings stand in the table (`argument-specs.ts`); what differs from the raw field is said here.
 */
export interface TrainingArguments {
  readonly outputDir: string;
  readonly runName: string | null;
  readonly numTrainEpochs: number;
  /** -1: by epochs. */
  readonly maxSteps: number;
  readonly perDeviceTrainBatchSize: number;
  readonly gradientAccumulationSteps: number;
  readonly learningRate: number;
  readonly lrSchedulerType: LrSchedulerType;
  readonly lrSchedulerKwargs: Readonly<Record<string, ScheduleSetting>>;
  /** Below 1: share of the run. */
  readonly warmupSteps: number;
  readonly optim: OptimizerName;
  readonly optimArgs: Readonly<Record<string, OptimArg>>;
  readonly weightDecay: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  /** 0: no clipping. */
  readonly maxGradNorm: number;
  readonly labelSmoothingFactor: number;
  readonly fp16: boolean;
  readonly bf16: boolean;
  /** Only with evaluations and predictions outside of training. */
  readonly bf16FullEval: boolean;
  readonly fp16FullEval: boolean;
  readonly gradientCheckpointing: boolean;
  readonly gradientCheckpointingKwargs: CheckpointingSettings;
  readonly useCache: boolean;
  /** Null or 0: no noise. */
  readonly neftuneNoiseAlpha: number | null;
  readonly torchEmptyCacheSteps: number | null;
  readonly autoFindBatchSize: boolean;
  readonly loggingStrategy: IntervalStrategy;
  /** Below 1: share of the run. */
  readonly loggingSteps: number;
  readonly loggingFirstStep: boolean;
  readonly loggingNanInfFilter: boolean;
  readonly includeNumInputTokensSeen: CountedTokens;
  /** As HF resolves them: empty for "none". Only "tensorboard" works here. */
  readonly reportTo: readonly string[];
  readonly evalStrategy: IntervalStrategy;
  /** Below 1: share of the run. Filled from loggingSteps with the strategy steps. */
  readonly evalSteps: number | null;
  /** Steps or epochs, as evalStrategy counts. */
  readonly evalDelay: number;
  readonly evalOnStart: boolean;
  readonly perDeviceEvalBatchSize: number;
  readonly predictionLossOnly: boolean;
  readonly evalDoConcatBatches: boolean;
  readonly evalAccumulationSteps: number | null;
  readonly includeForMetrics: readonly string[];
  readonly batchEvalMetrics: boolean;
  readonly saveStrategy: SaveStrategy;
  /** Below 1: share of the run. */
  readonly saveSteps: number;
  readonly saveTotalLimit: number | null;
  readonly saveOnlyModel: boolean;
  readonly enableJitCheckpoint: boolean;
  readonly loadBestModelAtEnd: boolean;
  /** "loss" when nothing was chosen and loadBestModelAtEnd is on or the schedule follows a metric. */
  readonly metricForBestModel: string | null;
  /** Told from the metric's name when not chosen. */
  readonly greaterIsBetter: boolean | null;
  readonly ignoreDataSkip: boolean;
  readonly restoreCallbackStatesFromCheckpoint: boolean;
  /** Read by the runner; relative to its run.json. */
  readonly resumeFromCheckpoint: string | null;
  readonly seed: number;
  readonly dataSeed: number | null;
  readonly fullDeterminism: boolean;
  readonly dataloaderDropLast: boolean;
  readonly removeUnusedColumns: boolean;
  readonly labelNames: readonly string[] | null;
  readonly trainSamplingStrategy: SamplingStrategy;
  readonly lengthColumnName: string;
  readonly skipMemoryMetrics: boolean;
  readonly pushToHub: boolean;
  /** `owner/name`, or a name alone for the account of the token. Null: made of the run's name. */
  readonly hubModelId: string | null;
  readonly hubStrategy: HubStrategy;
  /** Null too for what files hold in its place: `<HUB_TOKEN>`. */
  readonly hubToken: string | null;
  /** Null: as the account's settings say. */
  readonly hubPrivateRepo: boolean | null;
  readonly hubAlwaysPush: boolean;
  /** A branch; null: main. */
  readonly hubRevision: string | null;
}

export type ParsedArguments =
  | {
      readonly ok: true;
      readonly args: TrainingArguments;
      /** Every given field under its present HF name, unknown ones too. */
      readonly raw: Record<string, unknown>;
      readonly notes: readonly ArgumentIssue[];
    }
  | { readonly ok: false; readonly issues: readonly ArgumentIssue[] };

/** Reads HF-style arguments. Missing fields get HF's defaults; all faults are reported at once, errors first. */
export function parseTrainingArguments(input: Readonly<Record<string, unknown>>): ParsedArguments {
  const { raw, notes: renames } = renameLegacyArguments(input);
  const wrong = ARGUMENT_SPECS.flatMap((spec) => {
    const found = Object.hasOwn(raw, spec.name) ? checkValue(spec, raw[spec.name]) : null;
    return found ? [found] : [];
  });
  const ignoredNotes = ARGUMENT_SPECS.flatMap((spec) => ignoredNote(spec, raw));
  const values = resolveDefaults(raw);
  // Rules compare values, so they wait until each value alone is sound.
  const findings = wrong.length > 0 ? wrong : checkRules(values);
  const notes = [...findings, ...renames, ...ignoredNotes];
  if (notes.some((issue) => issue.level === 'error')) return { ok: false, issues: notes };
  return { ok: true, args: toArguments(values), raw, notes };
}

function ignoredNote(spec: ArgumentSpec, raw: Readonly<Record<string, unknown>>): readonly ArgumentIssue[] {
  if (spec.support === 'supported' || !Object.hasOwn(raw, spec.name) || isDefault(spec, raw[spec.name])) return [];
  return [
    { name: spec.name, level: 'note', message: msg`${spec.name} is kept but does nothing here: ${spec.reason}.` },
  ];
}

/** Whether a value says the same as HF's default. */
export function isDefault(spec: ArgumentSpec, value: unknown): boolean {
  return JSON.stringify(value) === JSON.stringify(spec.default);
}

/** HF's defaults, and the fields that take theirs from others. */
function resolveDefaults(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, default: fallback } of ARGUMENT_SPECS)
    values[name] = Object.hasOwn(raw, name) ? raw[name] : fallback;
  if (values.output_dir === null) values.output_dir = 'trainer_output';
  if (values.eval_strategy === 'steps' && (values.eval_steps ?? 0) === 0) values.eval_steps = values.logging_steps;
  if (values.load_best_model_at_end === true || followsMetric(String(values.lr_scheduler_type)))
    values.metric_for_best_model ??= 'loss';
  const metric = values.metric_for_best_model;
  if (typeof metric === 'string') values.greater_is_better ??= !/loss(_per_token)?$/.test(metric);
  return values;
}

/** @param values sound and complete; the test of the interface against the table makes the assertion safe. */
function toArguments(values: Readonly<Record<string, unknown>>): TrainingArguments {
  const args: Record<string, unknown> = {};
  for (const { name, support } of ARGUMENT_SPECS) if (support === 'supported') args[toCamelCase(name)] = values[name];
  const schedule = parseSchedulerKwargs(String(values.lr_scheduler_type), values.lr_scheduler_kwargs);
  const optim = parseOptimArgs(String(values.optim), values.optim_args);
  args.lrSchedulerKwargs = 'kwargs' in schedule ? schedule.kwargs : {};
  args.optimArgs = 'args' in optim ? optim.args : {};
  const checkpointing = parseCheckpointingKwargs(values.gradient_checkpointing_kwargs);
  args.gradientCheckpointingKwargs = 'kwargs' in checkpointing ? checkpointing.kwargs : {};
  args.warmupSteps = wholeFromOne(Number(values.warmup_steps));
  if (args.hubToken === hidden('hub_token')) args.hubToken = null;
  args.includeNumInputTokensSeen = countedTokens(values.include_num_input_tokens_seen);
  args.reportTo = trackersOf(values.report_to);
  return args as unknown as TrainingArguments;
}

/** HF takes true for "all" and false for "no". @param value one that the rules let pass. */
function countedTokens(value: unknown): CountedTokens {
  if (typeof value === 'boolean') return value ? 'all' : 'no';
  return value as CountedTokens;
}

/** HF cuts a number of steps down to a whole one and leaves a share alone. */
function wholeFromOne(steps: number): number {
  return steps < 1 ? steps : Math.trunc(steps);
}

/** The value written where a token stood, as HF does. */
const hidden = (name: string): string => `<${name.toUpperCase()}>`;

/**
 * HF-style JSON of arguments, for a file or the clipboard. `changed` keeps only what differs from HF's defaults and
 * what is unknown; `all` writes every field. Parsing the result gives the same arguments. Tokens are never written.
 */
export function toHfJson(raw: Readonly<Record<string, unknown>>, fields: 'changed' | 'all'): string {
  const known = ARGUMENT_SPECS.flatMap((spec) => {
    const value = Object.hasOwn(raw, spec.name) ? raw[spec.name] : spec.default;
    return fields === 'all' || !isDefault(spec, value) ? [[spec.name, value] as const] : [];
  });
  const unknown = Object.entries(raw).filter(([name]) => !findArgumentSpec(name));
  return JSON.stringify(Object.fromEntries([...known, ...unknown].map(hideToken)), null, 2);
}

function hideToken([name, value]: readonly [string, unknown]): readonly [string, unknown] {
  return [name, name.endsWith('_token') && value !== null ? hidden(name) : value];
}

/** Every field of HF's TrainingArguments for training_args.json: resolved values, and ignored fields as they were given. */
export function toTrainingArgumentsJson(
  args: TrainingArguments,
  raw: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const resolved = new Map<string, unknown>(Object.entries(args));
  const optimArgs = Object.entries(args.optimArgs)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  resolved.set('optimArgs', optimArgs || null);
  for (const name of ['lrSchedulerKwargs', 'gradientCheckpointingKwargs'] as const)
    resolved.set(name, Object.keys(args[name]).length > 0 ? args[name] : null);
  const entries = ARGUMENT_SPECS.map((spec) => {
    if (spec.support === 'supported') return [spec.name, resolved.get(toCamelCase(spec.name))] as const;
    return [spec.name, Object.hasOwn(raw, spec.name) ? raw[spec.name] : spec.default] as const;
  });
  return Object.fromEntries(entries.map(hideToken));
}

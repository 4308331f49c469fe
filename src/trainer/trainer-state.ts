// The part of a run that is saved: counters, log history, the best model so far. HF's TrainerState.

import type { LogEntry } from '#protocol/metrics.ts';
import { withFloats } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export interface TrainerState {
  epoch: number;
  /** Finished update steps. */
  globalStep: number;
  maxSteps: number;
  loggingSteps: number;
  evalSteps: number;
  saveSteps: number;
  trainBatchSize: number;
  numTrainEpochs: number;
  numInputTokensSeen: number;
  totalFlos: number;
  logHistory: LogEntry[];
  bestMetric: number | null;
  bestGlobalStep: number | null;
  /** Folder name of the best saved checkpoint. */
  bestModelCheckpoint: string | null;
  /** Optimizer steps that overflowed and changed nothing. */
  skippedSteps: number;
  /** By callback name: what stateful callbacks keep. */
  statefulCallbacks: Record<string, SavedCallback>;
  /** Set while this run is one of a search. */
  trial: TrialInfo | null;
}

/** One run of a hyperparameter search, as HF's state names it. */
export interface TrialInfo {
  /** Null: it has only its number. */
  readonly name: string | null;
  /** In the arguments' own names. */
  readonly params: Readonly<Record<string, unknown>>;
}

export interface CallbackState {
  readonly args: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Several callbacks of one name keep a list. */
export type SavedCallback = CallbackState | readonly CallbackState[];

export function createTrainerState(): TrainerState {
  return {
    epoch: 0,
    globalStep: 0,
    maxSteps: 0,
    loggingSteps: 500,
    evalSteps: 500,
    saveSteps: 500,
    trainBatchSize: 0,
    numTrainEpochs: 0,
    numInputTokensSeen: 0,
    totalFlos: 0,
    logHistory: [],
    bestMetric: null,
    bestGlobalStep: null,
    bestModelCheckpoint: null,
    skippedSteps: 0,
    statefulCallbacks: {},
    trial: null,
  };
}

/** A finished update, and what evaluations measured after it. */
export interface RunPoint {
  readonly step: number;
  readonly epoch: number;
  /** Plain numbers by key; several evaluation sets side by side. */
  readonly metrics: Readonly<Record<string, number>>;
}

export function pointAt({ logHistory, globalStep, epoch }: TrainerState, step: number): RunPoint {
  const entries = logHistory.filter((entry) => entry.step === step);
  const measured = entries.flatMap((entry) =>
    Object.entries(entry).filter(
      (pair): pair is [string, number] => pair[0].startsWith('eval_') && typeof pair[1] === 'number',
    ),
  );
  return {
    step,
    epoch: step === globalStep ? epoch : (entries[0]?.epoch ?? epoch),
    metrics: Object.fromEntries(measured),
  };
}

/** What trainer_state.json holds: HF refuses keys it does not know, so there are exactly these. */
export function toTrainerStateJson(state: TrainerState): Record<string, unknown> {
  const json = {
    best_global_step: state.bestGlobalStep,
    best_metric: state.bestMetric,
    best_model_checkpoint: state.bestModelCheckpoint,
    epoch: state.epoch,
    eval_steps: state.evalSteps,
    global_step: state.globalStep,
    is_hyper_param_search: state.trial !== null,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: state.logHistory.map(logEntryJson),
    logging_steps: state.loggingSteps,
    max_steps: state.maxSteps,
    num_input_tokens_seen: state.numInputTokensSeen,
    num_train_epochs: state.numTrainEpochs,
    save_steps: state.saveSteps,
    stateful_callbacks: state.statefulCallbacks,
    total_flos: state.totalFlos,
    train_batch_size: state.trainBatchSize,
    trial_name: state.trial?.name ?? null,
    trial_params: state.trial?.params ?? null,
  };
  return withFloats(json, ['best_metric', 'total_flos', ...(state.globalStep > 0 ? ['epoch'] : [])]);
}

const COUNTS: readonly string[] = ['step', 'num_input_tokens_seen'];

/** All but counts are floats in HF; so is the epoch, once training has begun. */
function logEntryJson(entry: LogEntry): Record<string, unknown> {
  const floats = Object.keys(entry).filter((key) => !COUNTS.includes(key));
  return withFloats(entry, entry.step > 0 ? floats : floats.filter((key) => key !== 'epoch'));
}

/**
 * Reads trainer_state.json; unknown keys are ignored, missing ones and those of another type keep their initial value.
 * @throws StudioError E-CHECKPOINT when it is no object, or its log no log.
 */
export function fromTrainerStateJson(json: unknown): TrainerState {
  if (!isObject(json)) throw damaged(msg`it holds no object.`);
  const state = createTrainerState();
  const number = (name: string, fallback: number): number => (typeof json[name] === 'number' ? json[name] : fallback);
  const numberOrNull = (name: string): number | null => (typeof json[name] === 'number' ? json[name] : null);
  state.epoch = number('epoch', 0);
  state.globalStep = number('global_step', 0);
  state.maxSteps = number('max_steps', 0);
  state.loggingSteps = number('logging_steps', 500);
  state.evalSteps = number('eval_steps', 500);
  state.saveSteps = number('save_steps', 500);
  state.trainBatchSize = number('train_batch_size', 0);
  state.numTrainEpochs = number('num_train_epochs', 0);
  state.numInputTokensSeen = number('num_input_tokens_seen', 0);
  state.totalFlos = number('total_flos', 0);
  state.logHistory = readLog(json['log_history'] ?? []);
  state.bestMetric = numberOrNull('best_metric');
  state.bestGlobalStep = numberOrNull('best_global_step');
  state.bestModelCheckpoint = typeof json['best_model_checkpoint'] === 'string' ? json['best_model_checkpoint'] : null;
  const callbacks = isObject(json['stateful_callbacks']) ? Object.entries(json['stateful_callbacks']) : [];
  state.statefulCallbacks = Object.fromEntries(
    callbacks.filter((pair): pair is [string, SavedCallback] => isSavedCallback(pair[1])),
  );
  return state;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCallbackState = (value: unknown): value is CallbackState =>
  isObject(value) && isObject(value['args']) && isObject(value['attributes']);

const isSavedCallback = (value: unknown): value is SavedCallback =>
  Array.isArray(value) ? value.length > 0 && value.every(isCallbackState) : isCallbackState(value);

function readLog(log: unknown): LogEntry[] {
  if (!Array.isArray(log)) throw damaged(msg`log_history is no list.`);
  return log.map((entry: unknown, i) => {
    if (!isObject(entry) || typeof entry['step'] !== 'number') throw damaged(msg`log_history[${i}] has no step.`);
    // Before training HF knows no epoch.
    return { epoch: 0, ...Object.fromEntries(Object.entries(entry)) } as LogEntry;
  });
}

function damaged(problem: string): StudioError {
  return new StudioError('E-CHECKPOINT', msg`trainer_state.json: ${problem}`, {
    where: 'trainer_state.json',
    hint: msg`The file is damaged or was edited by hand. Take another checkpoint.`,
    safe: msg`Nothing was loaded from it.`,
  });
}

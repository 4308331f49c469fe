// What a run reports while it goes: log entries as in HF's `log_history`, and progress between them.

/** One entry of `log_history`: HF's keys, unrounded values. `epoch` and `step` are always there. */
export interface LogEntry {
  readonly step: number;
  readonly epoch: number;
  readonly [key: string]: number | readonly number[] | readonly (readonly number[])[] | undefined;
}

/** Progress between log entries, sent a few times a second. */
export interface RunProgress {
  /** Finished update steps, and how many there will be. */
  readonly step: number;
  readonly maxSteps: number;
  readonly epoch: number;
  readonly numTrainEpochs: number;
  /** Milliseconds of training in this session and in all sessions; pauses do not count. */
  readonly sessionMs: number;
  readonly activeMs: number;
  /** Honest time left in milliseconds from a rolling window of this session, evaluations included; null until known. */
  readonly remainingMs: number | null;
  readonly samplesPerSecond: number | null;
  /** Bytes the GPU holds live and in all; null where the backend can not tell. */
  readonly gpuBytes: number | null;
  /** While an evaluation runs: its finished and total batches. */
  readonly evaluation: { readonly batch: number; readonly batches: number } | null;
  /** Loss of the most recent update that was read back; a number or null before the first one. */
  readonly recentLoss: number | null;
}

/** What the studio measured when a log entry was written: beside HF's log, which has none of it. */
export interface RunMeasure {
  readonly step: number;
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds of training in all sessions; pauses do not count. */
  readonly activeMs: number;
  /** Of fp16; null without loss scaling. */
  readonly lossScale: number | null;
  readonly samplesPerSecond: number | null;
  readonly gpuBytes: number | null;
}

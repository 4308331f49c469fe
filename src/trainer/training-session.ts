// One call of `train()`: the optimizer, schedule, loader and counters that live as long as the loop does.

import type { DataLoader } from '#data/data-loader.ts';
import type { ComputeStorage } from '#nn/forward-context.ts';
import { Gradients } from '#nn/gradients.ts';
import { emptyPool, StagedRead, trimPool } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { LrSchedule } from '#optim/get-scheduler.ts';
import type { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { ResolvedSteps } from '#protocol/run-plan.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { Batch } from '#util/nd-array.ts';
import { checkpointEveryOf } from './compute-storage.ts';
import { LossTracker } from './loss-tracker.ts';
import type { DataPosition } from './resume-position.ts';
import { Telemetry, type UpdateRecord } from './telemetry.ts';
import { countTokens } from './token-count.ts';
import type { TrainerState } from './trainer-state.ts';

export interface SessionParts {
  readonly args: TrainingArguments;
  readonly model: TrainableModel;
  readonly loader: DataLoader;
  /** Where in the data it begins. */
  readonly position: DataPosition;
  readonly steps: ResolvedSteps;
  readonly update: OptimizerUpdate;
  readonly schedule: LrSchedule;
  readonly state: TrainerState;
  readonly storage: ComputeStorage;
  /** Schedule steps taken so far; differs from the global step where skipped updates held it back. */
  readonly schedulerSteps: number;
  /** When train() was called, as `performance.now()` tells it. */
  readonly started: number;
  readonly onUpdate: (record: UpdateRecord) => void;
  readonly onNotReplayed: (reason: string) => void;
  readonly onNonFiniteLoss: (place: LossPlace) => void;
}

/** Where a loss came from: its update, counted from 1, and the rows of its micro-batch, counted from 0. */
export interface LossPlace {
  readonly step: number;
  readonly rows: readonly number[];
}

/** The micro-batches of an update in their epoch. */
interface UpdatePlace {
  readonly loader: DataLoader;
  readonly epoch: number;
  readonly firstBatch: number;
}

export class TrainingSession {
  readonly parts: SessionParts;
  readonly losses: LossTracker;
  readonly gradients: Gradients;
  readonly telemetry: Telemetry;
  /** Tokens that earlier sessions read. */
  readonly tokensBefore: number;
  /** Of the update just taken. */
  learningRate = 0;
  schedulerSteps: number;
  #staged: StagedRead | null = null;
  #microBatches = 0;
  #toldNotReplayed = false;
  #toldNonFinite = false;
  /** Of the updates whose losses were not read back yet. */
  readonly #places = new Map<number, UpdatePlace>();
  #latest: UpdateRecord | null = null;

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.tokensBefore = parts.state.numInputTokensSeen;
    this.schedulerSteps = parts.schedulerSteps;
    this.gradients = new Gradients(parts.model, {
      seed: parts.args.seed,
      storage: parts.storage,
      labelSmoothing: parts.args.labelSmoothingFactor,
      checkpointEvery: checkpointEveryOf(parts.args),
      neftuneNoiseAlpha: parts.args.neftuneNoiseAlpha ?? 0,
      lossScale: parts.update.lossScale,
      sinks: parts.update.sinks,
    });
    this.losses = new LossTracker(parts.args.loggingNanInfFilter, parts.state.globalStep);
    this.telemetry = new Telemetry((record) => this.#record(record));
  }

  /** The micro-batches of update `u` of what is left of an epoch: the last one may have fewer. */
  microBatches(loader: DataLoader, epoch: number, u: number): Batch[] {
    const { args, state } = this.parts;
    const first = u * args.gradientAccumulationSteps;
    const count = Math.min(args.gradientAccumulationSteps, loader.length - first);
    this.#places.set(state.globalStep + 1, { loader, epoch, firstBatch: first });
    return Array.from({ length: count }, (_, i) => loader.batch(epoch, first + i));
  }

  /** Forward and backward of one micro-batch of an update. */
  trainingStep(batch: Batch, micro: number, batches: readonly Batch[]): void {
    const { model, args, state, update } = this.parts;
    if (micro === 0) {
      update.begin();
      this.#staged = new StagedRead(batches.length + update.state.size);
    }
    const source = {
      batch: model.bucket?.(batch) ?? batch,
      // Every training forward of a run has its own number, whether or not the run was resumed in between.
      forwardStep: state.globalStep * args.gradientAccumulationSteps + micro,
      numItemsInBatch: model.acceptsLossKwargs ? batches.reduce((sum, each) => sum + model.itemsIn(each), 0) : null,
    };
    this.gradients.addMicroBatch(source, micro === 0, model.acceptsLossKwargs ? 1 : batches.length);
    this.#staged?.add(this.gradients.loss);
    this.#tellIfNotReplayed();
    this.#microBatches = micro + 1;
    state.totalFlos += model.floatingPointOperations(batch);
    state.numInputTokensSeen += countTokens(batch, args.includeNumInputTokensSeen);
  }

  #tellIfNotReplayed(): void {
    const [reason] = this.gradients.refusals;
    if (reason === undefined || this.#toldNotReplayed) return;
    this.#toldNotReplayed = true;
    this.parts.onNotReplayed(reason);
  }

  /** Clips and applies the gradients, and moves the schedule on. */
  async optimizerStep(): Promise<void> {
    const { update, args, schedule, state } = this.parts;
    this.learningRate = args.learningRate * schedule(this.schedulerSteps);
    update.maxGradNorm = args.maxGradNorm;
    update.step(this.gradients.byName, this.learningRate);
    this.#staged!.add(update.state);
    this.telemetry.push(state.globalStep + 1, this.#microBatches, this.#staged!);
    this.#staged = null;
    if (await this.#stepsSchedule()) this.schedulerSteps += 1;
    await this.telemetry.throttle();
    const every = args.torchEmptyCacheSteps;
    if (every !== null && (state.globalStep + 1) % every === 0) emptyPool();
    else trimPool();
  }

  /**
   * With the fused AdamW HF does not notice a skipped step and moves the schedule on; with the others it holds the
   * schedule, for which the answer of the device must be awaited.
   */
  async #stepsSchedule(): Promise<boolean> {
    const { update, args } = this.parts;
    if (!update.lossScaling || args.optim === 'adamw_torch_fused') return true;
    await this.telemetry.drain();
    return !this.#latest?.skipped;
  }

  /** The record of the last update, after all earlier ones were counted. */
  async latestRecord(): Promise<UpdateRecord | null> {
    await this.telemetry.drain();
    return this.#latest;
  }

  #record(record: UpdateRecord): void {
    for (const loss of record.losses) this.losses.add(loss, record.step);
    this.#tellIfNonFinite(record);
    if (record.skipped) this.parts.state.skippedSteps += 1;
    this.#latest = record;
    this.parts.onUpdate(record);
  }

  /** The first loss that is no finite number, with the rows that it came from. */
  #tellIfNonFinite({ step, losses, skipped }: UpdateRecord): void {
    const place = this.#places.get(step);
    this.#places.delete(step);
    const micro = losses.findIndex((loss) => !Number.isFinite(loss));
    if (micro < 0 || skipped || this.#toldNonFinite || !place) return;
    this.#toldNonFinite = true;
    this.parts.onNonFiniteLoss({ step, rows: place.loader.rowsOf(place.epoch, place.firstBatch + micro) });
  }

  dispose(): void {
    this.gradients.dispose();
  }
}

// One call of `train()`: the optimizer, schedule, loader and counters that live as long as the loop does.

import type { DataLoader } from '#data/data-loader.ts';
import type { ComputeStorage } from '#nn/forward-context.ts';
import { Gradients } from '#nn/gradients.ts';
import { StagedRead, trimPool } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { LrSchedule } from '#optim/get-scheduler.ts';
import type { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { ResolvedSteps } from '#protocol/run-plan.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { Batch } from '#util/nd-array.ts';
import { LossTracker } from './loss-tracker.ts';
import { Telemetry, type UpdateRecord } from './telemetry.ts';
import type { TrainerState } from './trainer-state.ts';

export interface SessionParts {
  readonly args: TrainingArguments;
  readonly model: TrainableModel;
  readonly loader: DataLoader;
  readonly steps: ResolvedSteps;
  readonly update: OptimizerUpdate;
  readonly schedule: LrSchedule;
  readonly state: TrainerState;
  readonly storage: ComputeStorage;
  /** Schedule steps taken so far; differs from the global step where skipped updates held it back. */
  readonly schedulerSteps: number;
  readonly onUpdate: (record: UpdateRecord) => void;
  readonly onNotReplayed: (reason: string) => void;
}

export class TrainingSession {
  readonly parts: SessionParts;
  readonly losses: LossTracker;
  readonly gradients: Gradients;
  readonly telemetry: Telemetry;
  /** Of the update just taken. */
  learningRate = 0;
  schedulerSteps: number;
  #staged: StagedRead | null = null;
  #microBatches = 0;
  #toldNotReplayed = false;
  #latest: UpdateRecord | null = null;

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.schedulerSteps = parts.schedulerSteps;
    this.gradients = new Gradients(parts.model, {
      seed: parts.args.seed,
      storage: parts.storage,
      labelSmoothing: parts.args.labelSmoothingFactor,
      gradientCheckpointing: parts.args.gradientCheckpointing,
      lossScale: parts.update.lossScale,
      sinks: parts.update.sinks,
    });
    this.losses = new LossTracker(parts.args.loggingNanInfFilter, parts.state.globalStep);
    this.telemetry = new Telemetry((record) => this.#record(record));
  }

  /** The micro-batches of update `u` of an epoch: the last one may have fewer. */
  microBatches(epoch: number, u: number): Batch[] {
    const { loader, args } = this.parts;
    const first = u * args.gradientAccumulationSteps;
    const count = Math.min(args.gradientAccumulationSteps, loader.length - first);
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
    update.step(this.gradients.byName, this.learningRate);
    this.#staged!.add(update.state);
    this.telemetry.push(state.globalStep + 1, this.#microBatches, this.#staged!);
    this.#staged = null;
    if (await this.#stepsSchedule()) this.schedulerSteps += 1;
    await this.telemetry.throttle();
    trimPool();
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
    if (record.skipped) this.parts.state.skippedSteps += 1;
    this.#latest = record;
    this.parts.onUpdate(record);
  }

  dispose(): void {
    this.gradients.dispose();
  }
}

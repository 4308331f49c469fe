// The checkpoints of one run: writing them with rotation and the best mark, finding one to resume from, and taking the
// best model back at the end.

import type { TrainableModel } from '#nn/trainable-model.ts';
import type { LrSchedule } from '#optim/get-scheduler.ts';
import type { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { RunId } from '#protocol/ids.ts';
import type {
  CheckpointManifest,
  CheckpointStore,
  CheckpointWrite,
  StoredCheckpoint,
} from '#storage/checkpoint-store.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { rotateCheckpoints } from './best-metric.ts';
import { loadModelWeights, loadOptimizerState, TensorSnapshot } from './checkpoint-contents.ts';
import { checkpointFiles, PROGRESS_FILE, type Progress } from './checkpoint-files.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import type { TrainerOptions } from './trainer-options.ts';
import { fromTrainerStateJson, type RunPoint, type TrainerState } from './trainer-state.ts';

/** What is saved: the model as it is now and, to resume, its optimizer and schedule. */
export interface SavePoint {
  readonly model: TrainableModel;
  readonly state: TrainerState;
  /** Where in the run the weights come from. */
  readonly at: RunPoint;
  /** Null: weights only. */
  readonly resume: {
    readonly update: OptimizerUpdate;
    readonly schedule: LrSchedule;
    readonly schedulerSteps: number;
    readonly learningRate: number;
  } | null;
}

/** What a checkpoint is loaded into. */
export interface ResumeTarget {
  readonly model: TrainableModel;
  readonly update: OptimizerUpdate;
  readonly schedule: LrSchedule;
}

/** Where a run goes on. */
export interface Resumed {
  readonly state: TrainerState;
  readonly schedulerSteps: number;
}

export class RunCheckpoints {
  readonly #store: CheckpointStore;
  readonly #runId: RunId;
  readonly #options: TrainerOptions;
  readonly #writer: CheckpointWriter;

  constructor(store: CheckpointStore, runId: RunId, options: TrainerOptions) {
    this.#store = store;
    this.#runId = runId;
    this.#options = options;
    this.#writer = new CheckpointWriter(store, options.hooks ?? {});
  }

  /** `checkpoint-<step>`: taken now, written while training goes on. Updates the pointer to the best checkpoint. */
  async save(point: SavePoint): Promise<void> {
    const { args } = this.#options;
    const { state } = point;
    const name = `checkpoint-${state.globalStep}`;
    const isBest = state.bestGlobalStep === state.globalStep;
    const earlierBest = state.bestModelCheckpoint;
    if (isBest) state.bestModelCheckpoint = name;
    else await this.#pointAtBest(state);
    const best = state.bestModelCheckpoint;
    const onSkipped = (): void => {
      // What was not stored can not be the best one to go back to.
      if (state.bestModelCheckpoint === name) state.bestModelCheckpoint = earlierBest;
    };
    await this.#write(
      name,
      point,
      isBest,
      (others) => rotateCheckpoints(others, args.saveTotalLimit, name, best),
      onSkipped,
    );
  }

  /** The best evaluation may have come after its step was saved: at the end of an epoch, with saves by steps. */
  async #pointAtBest(state: TrainerState): Promise<void> {
    const best = `checkpoint-${state.bestGlobalStep}`;
    if (state.bestGlobalStep === null || state.bestModelCheckpoint === best) return;
    await this.flush();
    if (await this.#find(best)) state.bestModelCheckpoint = best;
  }

  /** The model alone, under the name `final`. */
  async saveFinal(point: SavePoint): Promise<void> {
    await this.#write(
      'final',
      { ...point, resume: null },
      false,
      () => [],
      () => undefined,
    );
    await this.#writer.flush();
  }

  async #write(
    name: string,
    point: SavePoint,
    isBest: boolean,
    rotate: CheckpointWrite['rotate'],
    onSkipped: () => void,
  ): Promise<void> {
    const { args, rawArguments = {}, processingClass, dataCollator } = this.#options;
    await this.#writer.enqueue(
      () => TensorSnapshot.take(point.model, point.resume?.update ?? null),
      ({ sources }) => ({
        runId: this.#runId,
        name,
        ...point.at,
        modelOnly: point.resume === null,
        isBest,
        tensors: sources,
        files: checkpointFiles({ ...point, args, rawArguments, processingClass, dataCollator }),
        rotate,
      }),
      onSkipped,
    );
  }

  waitIfBlocked(): Promise<void> {
    return this.#writer.waitIfBlocked();
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** The latest checkpoint that holds optimizer state. @throws StudioError E-CHECKPOINT when there is none. */
  async latest(): Promise<StoredCheckpoint> {
    const found = await latestCheckpoint(this.#store, this.#runId);
    if (found) return found;
    throw new StudioError('E-CHECKPOINT', msg`There is no checkpoint to resume from.`, {
      hint: msg`Start the run from the beginning.`,
    });
  }

  /** Loads weights, optimizer, schedule and state. A checkpoint of weights only restarts the optimizer, as HF does. */
  async resume(stored: StoredCheckpoint, { model, update, schedule }: ResumeTarget): Promise<Resumed> {
    // A checkpoint holds the weights that are evaluated, and beside its optimizer those that training goes on from.
    if (!stored.manifest.modelOnly) update.putWeights('averaged');
    await loadModelWeights(model, stored);
    const state = await readState(stored);
    const best = await this.#find(state.bestModelCheckpoint);
    // It was rotated out, or lies where the checkpoint came from: as in HF, only the metric to beat remains.
    if (!best) state.bestModelCheckpoint = null;
    if (stored.manifest.modelOnly) return { state, schedulerSteps: 0 };
    await loadOptimizerState(update, stored);
    const progress = parseHfJson(await stored.readFile(PROGRESS_FILE), PROGRESS_FILE, 'E-CHECKPOINT') as Progress;
    if (progress.scheduler.metric_state) schedule.metric?.loadStateDict(progress.scheduler.metric_state);
    state.skippedSteps = progress.skipped_steps;
    if (progress.collator_draws !== undefined) this.#options.dataCollator?.resumeAt?.(progress.collator_draws);
    return { state, schedulerSteps: progress.scheduler.last_epoch };
  }

  async #find(name: string | null): Promise<CheckpointManifest | undefined> {
    return name === null ? undefined : (await this.#store.list(this.#runId)).find((manifest) => manifest.name === name);
  }

  /** Puts the best checkpoint's weights into the model. @returns its step; null when it is not stored any more. */
  async loadBest(model: TrainableModel, name: string): Promise<number | null> {
    const best = await this.#find(name);
    if (!best) return null;
    await loadModelWeights(model, await this.#store.open(this.#runId, best.checkpointId));
    return best.step;
  }

  /** HF's last rotation: with save_total_limit 1 only the best is kept at the end. */
  async keepOnlyBest(bestName: string): Promise<void> {
    if (!(await this.#find(bestName))) return;
    for (const { name, checkpointId } of await this.#store.list(this.#runId)) {
      if (name.startsWith('checkpoint-') && name !== bestName) await this.#store.delete(this.#runId, checkpointId);
    }
  }
}

/** The latest checkpoint of a run that holds optimizer state; null: there is none. */
export async function latestCheckpoint(store: CheckpointStore, runId: RunId): Promise<StoredCheckpoint | null> {
  const found = (await store.list(runId)).filter(({ modelOnly }) => !modelOnly).at(-1);
  return found ? store.open(runId, found.checkpointId) : null;
}

/** Rows at once of the run that wrote a checkpoint; null where it does not say. */
export async function trainBatchSizeOf(stored: StoredCheckpoint): Promise<number | null> {
  const { trainBatchSize } = await readState(stored);
  return trainBatchSize > 0 ? trainBatchSize : null;
}

export async function readState(stored: StoredCheckpoint): Promise<TrainerState> {
  const text = await stored.readFile('trainer_state.json');
  return fromTrainerStateJson(parseHfJson(text, 'trainer_state.json', 'E-CHECKPOINT'));
}

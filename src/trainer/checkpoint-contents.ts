// What a checkpoint holds, and how a run takes it back. Tensors are copied on the device first, so that training goes
// on while they are written.

import type { OptimizerUpdate } from '#optim/optimizer-update.ts';
import { assign, snapshot, streamTensor, type Tensor } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { StoredCheckpoint, TensorSource } from '#storage/checkpoint-store.ts';
import { StudioError } from '#util/studio-error.ts';

export const MODEL_FILE = 'model.safetensors';
export const OPTIMIZER_FILE = 'optimizer.safetensors';
/** The update state (step count, bias corrections, loss scale) among the optimizer's tensors. */
const UPDATE_STATE = 'update_state';
const PIECE_BYTES = 4 * 1024 * 1024;

/** Copies of tensors waiting to be written. */
export class TensorSnapshot {
  readonly sources: readonly TensorSource[];
  readonly #copies: readonly Tensor[];

  private constructor(entries: readonly { file: string; name: string; copy: Tensor }[]) {
    this.#copies = entries.map(({ copy }) => copy);
    this.sources = entries.map(({ file, name, copy }) => ({
      file,
      name,
      dtype: 'F32',
      shape: copy.shape,
      byteLength: copy.size * 4,
      chunks: () => streamTensor(copy, PIECE_BYTES),
    }));
  }

  /** @param update null: weights only. */
  static take(model: TrainableModel, update: OptimizerUpdate | null): TensorSnapshot {
    const weights = [...model.namedParameters()].map(([name, { variable }]) => ({ file: MODEL_FILE, name, copy: snapshot(variable) }));
    if (!update) return new TensorSnapshot(weights);
    const state = [...update.optimizer.stateTensors()].map(([name, variable]) => ({ file: OPTIMIZER_FILE, name, copy: snapshot(variable) }));
    return new TensorSnapshot([...weights, ...state, { file: OPTIMIZER_FILE, name: UPDATE_STATE, copy: update.stateCopy() }]);
  }

  dispose(): void {
    for (const copy of this.#copies) copy.dispose();
  }
}

/** Loads a checkpoint's weights into the model. @throws StudioError E-CHECKPOINT when it does not fit. */
export async function loadModelWeights(model: TrainableModel, stored: StoredCheckpoint): Promise<void> {
  const shapes = shapesOf(stored, MODEL_FILE);
  for (const [name, { shape }] of model.namedParameters()) checkShape(name, shape, shapes.get(name));
  for (const [name, parameter] of model.namedParameters()) parameter.load(await readFloats(stored, MODEL_FILE, name));
}

/** Loads optimizer and update state. @throws StudioError E-CHECKPOINT when it does not fit. */
export async function loadOptimizerState(update: OptimizerUpdate, stored: StoredCheckpoint): Promise<void> {
  const shapes = shapesOf(stored, OPTIMIZER_FILE);
  const tensors = update.optimizer.stateTensors();
  for (const [name, { shape }] of tensors) checkShape(name, shape, shapes.get(name));
  for (const [name, variable] of tensors) assign(variable, await readFloats(stored, OPTIMIZER_FILE, name));
  update.restore(await readFloats(stored, OPTIMIZER_FILE, UPDATE_STATE));
}

const shapesOf = (stored: StoredCheckpoint, file: string): Map<string, readonly number[]> =>
  new Map(stored.manifest.tensors.filter((entry) => entry.file === file).map(({ name, shape }) => [name, shape]));

async function readFloats(stored: StoredCheckpoint, file: string, name: string): Promise<Float32Array> {
  return new Float32Array((await stored.readTensor(file, name)).buffer);
}

function checkShape(name: string, expected: readonly number[], actual: readonly number[] | undefined): void {
  if (actual && expected.length === actual.length && expected.every((n, i) => n === actual[i])) return;
  throw new StudioError('E-CHECKPOINT', `The checkpoint ${actual ? `holds ${name} as [${actual}]` : `lacks ${name}`}; this run needs [${expected}].`, {
    where: name,
    hint: 'It belongs to another model or optimizer. Resume with the arguments it was written with.',
    safe: 'The checkpoint is untouched.',
  });
}

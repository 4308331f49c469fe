// What a checkpoint holds, and how a run takes it back. Tensors are copied on the device first, so that training goes
// on while they are written.

import { readBytesTogether, setValues, snapshot, streamTensor, type Tensor } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { StoredCheckpoint, TensorSource } from '#storage/checkpoint-store.ts';
import { bfloat16ToFloat32, halfToFloat32 } from '#util/half.ts';
import { compareCodePoints } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

const weightsFileOf = ({ weightsFile = 'model.safetensors' }: TrainableModel): string => weightsFile;
const OPTIMIZER_FILE = 'optimizer.safetensors';
/** The update state (step count, bias corrections, loss scale) among the optimizer's tensors. */
const UPDATE_STATE = 'update_state';
const PIECE_BYTES = 4 * 1024 * 1024;

interface Copy {
  readonly file: string;
  readonly name: string;
  readonly tensor: Tensor;
}

/**
 * Copies of tensors waiting to be written. Reading waits for the device, so small tensors are read by the group; at most
 * one group or one piece of a large tensor is in main memory at a time.
 */
export class TensorSnapshot {
  readonly sources: readonly TensorSource[];
  readonly #copies: readonly Copy[];
  #group: { readonly index: number; readonly bytes: Promise<Uint8Array[]> } | null = null;

  private constructor(copies: readonly Copy[]) {
    // In the order of a safetensors file, so that whoever writes one walks through the groups once.
    this.#copies = [...copies].sort((a, b) => compareCodePoints(a.file, b.file) || compareCodePoints(a.name, b.name));
    const groups = groupBySize(this.#copies);
    this.sources = groups.flatMap((group, index) =>
      group.map(({ file, name, tensor }, place) => ({
        file,
        name,
        dtype: tensor.dtype === 'int32' ? ('I32' as const) : ('F32' as const),
        shape: tensor.shape,
        byteLength: tensor.size * 4,
        chunks: () => (group.length === 1 ? streamTensor(tensor, PIECE_BYTES) : this.#fromGroup(group, index, place)),
      })),
    );
  }

  /** @param update null: weights only. */
  static take(model: TrainableModel, update: OptimizerUpdate | null): TensorSnapshot {
    const copy = (file: string, name: string, tensor: Tensor): Copy => ({ file, name, tensor: snapshot(tensor) });
    const weights = [...model.namedParameters()].map(([name, { variable }]) =>
      copy(weightsFileOf(model), name, variable),
    );
    if (!update) return new TensorSnapshot(weights);
    const state = [...update.optimizer.stateTensors()].map(([name, tensor]) => copy(OPTIMIZER_FILE, name, tensor));
    return new TensorSnapshot([
      ...weights,
      ...state,
      { file: OPTIMIZER_FILE, name: UPDATE_STATE, tensor: update.stateCopy() },
    ]);
  }

  dispose(): void {
    this.#group = null;
    for (const { tensor } of this.#copies) tensor.dispose();
  }

  async *#fromGroup(group: readonly Copy[], index: number, place: number): AsyncGenerator<Uint8Array> {
    if (this.#group?.index !== index) {
      this.#group = { index, bytes: readBytesTogether(group.map(({ tensor }) => tensor)) };
    }
    yield (await this.#group.bytes)[place]!;
  }
}

/** Neighbours whose bytes fit into one piece together; a larger tensor stands alone. */
function groupBySize(copies: readonly Copy[]): Copy[][] {
  const groups: Copy[][] = [];
  let room = 0;
  for (const copy of copies) {
    const bytes = copy.tensor.size * 4;
    if (bytes > room) {
      groups.push([]);
      room = PIECE_BYTES;
    }
    groups.at(-1)!.push(copy);
    room -= bytes;
  }
  return groups;
}

/** Loads a checkpoint's weights into the model. @throws StudioError E-CHECKPOINT when it does not fit. */
export async function loadModelWeights(model: TrainableModel, stored: StoredCheckpoint): Promise<void> {
  const file = weightsFileOf(model);
  const shapes = shapesOf(stored, file);
  for (const [name, { shape }] of model.namedParameters()) checkShape(name, shape, shapes.get(name));
  for (const [name, parameter] of model.namedParameters()) parameter.load(await readFloats(stored, file, name));
}

/** Loads optimizer and update state. @throws StudioError E-CHECKPOINT when it does not fit. */
export async function loadOptimizerState(update: OptimizerUpdate, stored: StoredCheckpoint): Promise<void> {
  const shapes = shapesOf(stored, OPTIMIZER_FILE);
  const tensors = update.optimizer.stateTensors();
  for (const [name, { shape }] of tensors) checkShape(name, shape, shapes.get(name));
  for (const [name, tensor] of tensors) {
    const read = tensor.dtype === 'int32' ? readIntegers : readFloats;
    setValues(tensor, await read(stored, OPTIMIZER_FILE, name));
  }
  update.restore(await readFloats(stored, OPTIMIZER_FILE, UPDATE_STATE));
}

const shapesOf = (stored: StoredCheckpoint, file: string): Map<string, readonly number[]> =>
  new Map(stored.manifest.tensors.filter((entry) => entry.file === file).map(({ name, shape }) => [name, shape]));

async function readIntegers(stored: StoredCheckpoint, file: string, name: string): Promise<Int32Array> {
  const bytes = await stored.readTensor(file, name);
  return new Int32Array(bytes.slice().buffer);
}

/** Values as float32, whatever the checkpoint stores them as: a model trained elsewhere may be kept in halves. */
async function readFloats(stored: StoredCheckpoint, file: string, name: string): Promise<Float32Array> {
  const dtype = stored.manifest.tensors.find((entry) => entry.file === file && entry.name === name)?.dtype;
  const { buffer } = await stored.readTensor(file, name);
  if (dtype === 'F16') return halfToFloat32(new Uint16Array(buffer));
  if (dtype === 'BF16') return bfloat16ToFloat32(new Uint16Array(buffer));
  if (dtype === 'F32') return new Float32Array(buffer);
  throw new StudioError(
    'E-CHECKPOINT',
    msg`The checkpoint holds ${name} as ${dtype ?? 'nothing'}; weights are F32, F16 or BF16.`,
    { where: msg`${file}, tensor ${name}`, safe: msg`The checkpoint is untouched.` },
  );
}

function checkShape(name: string, expected: readonly number[], actual: readonly number[] | undefined): void {
  if (actual && expected.length === actual.length && expected.every((n, i) => n === actual[i])) return;
  throw new StudioError(
    'E-CHECKPOINT',
    msg`The checkpoint ${actual ? msg`holds ${name} as [${actual.join(', ')}]` : msg`lacks ${name}`}; this run needs [${expected.join(', ')}].`,
    {
      where: name,
      hint: msg`It belongs to another model or optimizer. Resume with the arguments it was written with.`,
      safe: msg`The checkpoint is untouched.`,
    },
  );
}

// optimizer.pt, scheduler.pt and scaler.pt as transformers' Trainer writes them, in the names that a checkpoint has here.
// Called by the runner when it opens a folder.

import { readTorchArchive, readTorchTensor } from '#formats/torch-reader.ts';
import { isTensor, type TorchKey, type TorchTensor, TorchTuple, type TorchValue } from '#formats/torch-values.ts';
import { STATE } from '#kernels/update-state/update-state.ts';
import type { Progress } from '#trainer/checkpoint-files.ts';
import { bfloat16ToFloat32, halfToFloat32 } from '#util/half.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { UPDATE_STATE } from './checkpoint-to-torch.ts';
import { BITSANDBYTES_KEY } from './torch-optimizers.ts';

export interface ParameterLayout {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What a torch file does not say: whose state it is. */
export interface RunLayout {
  /** Parameters of each group, in torch's order. */
  readonly paramGroups: readonly (readonly ParameterLayout[])[];
  /** Whether the run that goes on scales its loss. */
  readonly fp16: boolean;
  /** Finished updates, where no parameter counts them. */
  readonly globalStep: number;
}

/** A tensor under the name that it has here, f32. */
export interface NamedState {
  readonly name: string;
  readonly shape: readonly number[];
  readonly read: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** Tensors of a parameter that are no state to go on from. */
const SCALARS: ReadonlySet<TorchKey> = new Set(['step', 'RMS']);

type Dict = ReadonlyMap<TorchKey, TorchValue>;

/** torch.amp.GradScaler's first scale. */
const FIRST_SCALE = 65536;

export interface TorchOptimizerState {
  readonly tensors: readonly NamedState[];
  /** Updates that the parameters count; null where the optimizer counts none. Reads one number for each parameter. */
  readonly countSteps: () => Promise<number | null>;
  readonly betas: readonly [number, number];
}

/** The state of each parameter, as `<kind>.<name>`. @throws StudioError E-CHECKPOINT when it belongs to another model. */
export async function readOptimizerState(
  file: Blob,
  paramGroups: readonly (readonly ParameterLayout[])[],
): Promise<TorchOptimizerState> {
  const optimizer = dictOf(await readTorchArchive(file, 'optimizer.pt'), 'optimizer.pt');
  const groups = listOf(optimizer.get('param_groups'), 'optimizer.pt, param_groups').map((group) =>
    dictOf(group, 'optimizer.pt, param_groups'),
  );
  checkGroups(
    groups.map((group) => listOf(group.get('params'), 'optimizer.pt, params').length),
    paramGroups.map((group) => group.length),
  );
  const state = withoutNesting(dictOf(optimizer.get('state'), 'optimizer.pt, state'));
  const kinds = kindsIn(state);
  const parameters = paramGroups.flat();
  const tensors = parameters.flatMap((parameter, index) => stateOf(parameter, state.get(index), kinds));
  const betas = groups[0]?.get('betas');
  const [beta1, beta2] = betas instanceof TorchTuple ? betas.items : [];
  return { tensors, countSteps: () => stepsIn(state), betas: [Number(beta1 ?? 0), Number(beta2 ?? 0)] };
}

/** The state with the names that tensors have here, also where bitsandbytes wrote it. */
function withoutNesting(state: Dict): Dict {
  return new Map(
    [...state].map(([index, entry]) => {
      const own = dictOf(entry, 'optimizer.pt, state');
      const nested = own.get(BITSANDBYTES_KEY);
      if (nested === undefined) return [index, own] as const;
      const { state1, ...others } = Object.fromEntries(dictOf(nested, `optimizer.pt, ${BITSANDBYTES_KEY}`));
      return [index, new Map([...own, ...Object.entries(others), ['exp_avg', state1 ?? null] as const])] as const;
    }),
  );
}

function checkGroups(there: readonly number[], here: readonly number[]): void {
  if (there.length === here.length && there.every((count, i) => count === here[i])) return;
  throw fault(
    msg`optimizer.pt is for ${there.join(' and ')} parameters (with and without weight decay); this model has ${here.join(' and ')}.`,
    'optimizer.pt, param_groups',
  );
}

/** Names of the tensors that parameters have, whichever has them. */
function kindsIn(state: Dict): string[] {
  const names = [...state.values()].flatMap((entry) => {
    const dict = dictOf(entry, 'optimizer.pt, state');
    return [...dict].filter(([name, value]) => !SCALARS.has(name) && isTensor(value)).map(([name]) => String(name));
  });
  return [...new Set(names)];
}

/** A parameter that never had a gradient has no state: its numbers are zeros. */
function stateOf(
  { name, shape }: ParameterLayout,
  entry: TorchValue | undefined,
  kinds: readonly string[],
): NamedState[] {
  const dict = entry === undefined ? new Map<TorchKey, TorchValue>() : dictOf(entry, `optimizer.pt, state of ${name}`);
  const factored = dict.has('exp_avg_sq_row') || (!dict.has('exp_avg_sq') && shape.length > 1);
  return kindsFor(kinds, factored).map((kind) => {
    const tensor = dict.get(kind);
    if (!isTensor(tensor)) {
      const own = shapeOf(kind, shape);
      const size = own.reduce((product, n) => product * n, 4);
      return { name: `${kind}.${name}`, shape: own, read: async () => new Uint8Array(size) };
    }
    return { name: `${kind}.${name}`, shape: tensor.shape, read: () => readAsFloat32(tensor, `${kind}.${name}`) };
  });
}

/** Adafactor has means of rows and columns for matrices, of elements for the rest. */
function kindsFor(kinds: readonly string[], factored: boolean): readonly string[] {
  if (!kinds.includes('exp_avg_sq_row')) return kinds;
  return factored ? ['exp_avg_sq_row', 'exp_avg_sq_col'] : ['exp_avg_sq'];
}

function shapeOf(kind: string, shape: readonly number[]): readonly number[] {
  if (kind === 'exp_avg_sq_row') return shape.slice(0, -1);
  return kind === 'exp_avg_sq_col' ? [...shape.slice(0, -2), ...shape.slice(-1)] : shape;
}

async function stepsIn(state: Dict): Promise<number | null> {
  let most: number | null = null;
  for (const entry of state.values()) {
    const step = dictOf(entry, 'optimizer.pt, state').get('step');
    const count = isTensor(step) ? await scalarOf(step) : step;
    if (typeof count === 'number') most = Math.max(most ?? 0, count);
  }
  return most;
}

const scalarOf = async (tensor: TorchTensor): Promise<number> =>
  new Float32Array((await readAsFloat32(tensor, 'step')).buffer)[0]!;

async function readAsFloat32(tensor: TorchTensor, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readTorchTensor(tensor);
  switch (tensor.storage.dtype) {
    case 'float32':
      return bytes;
    case 'float16':
      return new Uint8Array(halfToFloat32(new Uint16Array(bytes.buffer)).buffer);
    case 'bfloat16':
      return new Uint8Array(bfloat16ToFloat32(new Uint16Array(bytes.buffer)).buffer);
    default:
      throw fault(msg`${name} holds ${tensor.storage.dtype} where numbers are needed.`, 'optimizer.pt');
  }
}

/** What progress.json would say. @throws StudioError E-CHECKPOINT. */
export async function readSchedulerState(file: Blob): Promise<Progress> {
  const scheduler = dictOf(await readTorchArchive(file, 'scheduler.pt'), 'scheduler.pt');
  const completed = scheduler.get('last_epoch');
  if (typeof completed !== 'number') throw fault(msg`scheduler.pt has no last_epoch.`, 'scheduler.pt');
  // One that follows a metric counts evaluations.
  const followsMetric = scheduler.has('num_bad_epochs');
  return {
    scheduler: {
      last_epoch: followsMetric ? 0 : completed,
      metric_state: followsMetric ? (asPlain(scheduler) as Record<string, unknown>) : null,
    },
    skipped_steps: 0,
  };
}

/** The update state that a run here would have; see `update-state.ts`. */
export async function makeUpdateState(
  { countSteps, betas }: Pick<TorchOptimizerState, 'countSteps' | 'betas'>,
  scaler: Blob | null,
  { fp16, globalStep }: Pick<RunLayout, 'fp16' | 'globalStep'>,
): Promise<NamedState> {
  const scaling = scaler ? dictOf(await readTorchArchive(scaler, 'scaler.pt'), 'scaler.pt') : new Map();
  const values = new Float32Array(Math.max(...Object.values(STATE)) + 1);
  const count = (await countSteps()) ?? globalStep;
  values[STATE.step] = count;
  values[STATE.biasCorrection1] = 1 - betas[0] ** count;
  values[STATE.biasCorrection2] = 1 - betas[1] ** count;
  values[STATE.lossScale] = fp16 ? Number(scaling.get('scale') ?? FIRST_SCALE) : 1;
  values[STATE.growthTracker] = fp16 ? Number(scaling.get('_growth_tracker') ?? 0) : 0;
  return { name: UPDATE_STATE, shape: [values.length], read: async () => new Uint8Array(values.buffer) };
}

function asPlain(value: TorchValue): unknown {
  if (value instanceof TorchTuple) return value.items.map(asPlain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key, asPlain(each)]));
  return Array.isArray(value) ? value.map(asPlain) : value;
}

function dictOf(value: TorchValue | undefined, where: string): Dict {
  if (value instanceof Map) return value;
  throw fault(msg`${where} is not what transformers writes there.`, where);
}

function listOf(value: TorchValue | undefined, where: string): readonly TorchValue[] {
  if (Array.isArray(value)) return value;
  throw fault(msg`${where} is not what transformers writes there.`, where);
}

function fault(message: string, where: string): StudioError {
  return new StudioError('E-CHECKPOINT', message, {
    where,
    hint: msg`It belongs to another model or another optimizer. Resume with the arguments it was written with, or delete the file to start the optimizer anew.`,
    safe: msg`The checkpoint is untouched.`,
  });
}

// What a torch archive may hold here: plain Python values and tensors. `torch-reader.ts` makes them, `torch-writer.ts`
// writes them.

/** Bytes of one element, and the name of the storage class in torch. */
export const TORCH_DTYPES = {
  float32: { bytes: 4, storage: 'FloatStorage' },
  float16: { bytes: 2, storage: 'HalfStorage' },
  bfloat16: { bytes: 2, storage: 'BFloat16Storage' },
  int64: { bytes: 8, storage: 'LongStorage' },
  int32: { bytes: 4, storage: 'IntStorage' },
  bool: { bytes: 1, storage: 'BoolStorage' },
} as const;

export type TorchDtype = keyof typeof TORCH_DTYPES;

/** Elements that tensors look at; several may share one. */
export interface TorchStorage {
  readonly dtype: TorchDtype;
  /** Elements. */
  readonly length: number;
  /** Little-endian bytes, in pieces. */
  chunks(): AsyncIterable<Uint8Array>;
}

export interface TorchTensor {
  readonly storage: TorchStorage;
  /** First element in the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Elements from one index of a dimension to the next. */
  readonly strides: readonly number[];
}

/** A dict's keys: 0 and "0" differ, as in Python. */
export type TorchKey = string | number;

/** A Python tuple; a list is an array. */
export class TorchTuple {
  readonly items: readonly TorchValue[];

  constructor(items: readonly TorchValue[]) {
    this.items = items;
  }
}

/** collections.OrderedDict; a dict is a plain Map. */
export class OrderedDict extends Map<TorchKey, TorchValue> {}

/** A number to be written as a float though it is whole. Read floats are plain numbers. */
export class TorchFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export type TorchValue =
  | null
  | boolean
  | number
  | string
  | TorchFloat
  | TorchTensor
  | TorchTuple
  | readonly TorchValue[]
  | ReadonlyMap<TorchKey, TorchValue>;

export function isTensor(value: TorchValue | undefined): value is TorchTensor {
  return typeof value === 'object' && value !== null && 'storage' in value;
}

/** The strides of a tensor whose elements lie in row-major order without gaps. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(step);
    step *= Math.max(1, size);
  }
  return strides;
}

/** A tensor in row-major order over a storage of its own. */
export function tensorOf(dtype: TorchDtype, shape: readonly number[], chunks: TorchStorage['chunks']): TorchTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return { storage: { dtype, length, chunks }, offset: 0, shape, strides: rowMajor(shape) };
}

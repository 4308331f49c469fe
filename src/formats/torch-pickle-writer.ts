// Writes the pickle of a torch archive, protocol 2 as torch does, without a memo. Called by `torch-writer.ts`.

import { OP } from './torch-pickle-operations.ts';
import {
  isTensor,
  OrderedDict,
  TORCH_DTYPES,
  TorchFloat,
  type TorchKey,
  type TorchStorage,
  type TorchTensor,
  TorchTuple,
  type TorchValue,
} from './torch-values.ts';

const PROTOCOL = 2;

export interface TorchPickle {
  readonly bytes: Uint8Array;
  /** In the order of their keys: "0", "1", … */
  readonly storages: readonly TorchStorage[];
}

export function writeTorchPickle(value: TorchValue): TorchPickle {
  const writer = new Writer();
  writer.bytes.push(OP.PROTO, PROTOCOL);
  writer.value(value);
  writer.bytes.push(OP.STOP);
  return { bytes: Uint8Array.from(writer.bytes), storages: [...writer.storages.keys()] };
}

class Writer {
  readonly bytes: number[] = [];
  /** To the key of each. */
  readonly storages = new Map<TorchStorage, string>();

  value(value: TorchValue): void {
    if (value === null) this.bytes.push(OP.NONE);
    else if (typeof value === 'boolean') this.bytes.push(value ? OP.NEWTRUE : OP.NEWFALSE);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#text(value);
    else if (value instanceof TorchFloat) this.#float(value.value);
    else if (value instanceof TorchTuple) this.#tuple(value.items);
    else if (isTensor(value)) this.#tensor(value);
    else if (value instanceof Map) this.#dict(value);
    else this.#list(value as readonly TorchValue[]);
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#float(value);
    else if (value >= 0 && value < 256) this.bytes.push(OP.BININT1, value);
    else if (value >= -(2 ** 31) && value < 2 ** 31) this.#fixed(OP.BININT, 4, (view) => view.setInt32(0, value, true));
    else {
      this.bytes.push(OP.LONG1);
      this.#fixed(8, 8, (view) => view.setBigInt64(0, BigInt(value), true));
    }
  }

  #float(value: number): void {
    this.#fixed(OP.BINFLOAT, 8, (view) => view.setFloat64(0, value));
  }

  #text(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.#fixed(OP.BINUNICODE, 4, (view) => view.setUint32(0, encoded.length, true));
    for (const byte of encoded) this.bytes.push(byte);
  }

  /** An operation, or a length, and what follows it. */
  #fixed(code: number, size: number, write: (view: DataView) => void): void {
    const bytes = new Uint8Array(size);
    write(new DataView(bytes.buffer));
    this.bytes.push(code, ...bytes);
  }

  #global(module: string, name: string): void {
    this.bytes.push(OP.GLOBAL, ...new TextEncoder().encode(`${module}\n${name}\n`));
  }

  #tuple(items: readonly TorchValue[]): void {
    if (items.length > 0) this.bytes.push(OP.MARK);
    for (const item of items) this.value(item);
    this.bytes.push(items.length > 0 ? OP.TUPLE : OP.EMPTY_TUPLE);
  }

  #list(items: readonly TorchValue[]): void {
    this.bytes.push(OP.EMPTY_LIST, OP.MARK);
    for (const item of items) this.value(item);
    this.bytes.push(OP.APPENDS);
  }

  #dict(dict: ReadonlyMap<TorchKey, TorchValue>): void {
    if (dict instanceof OrderedDict) this.#emptyOrderedDict();
    else this.bytes.push(OP.EMPTY_DICT);
    this.bytes.push(OP.MARK);
    for (const [key, value] of dict) {
      this.value(key);
      this.value(value);
    }
    this.bytes.push(OP.SETITEMS);
  }

  #emptyOrderedDict(): void {
    this.#global('collections', 'OrderedDict');
    this.bytes.push(OP.EMPTY_TUPLE, OP.REDUCE);
  }

  #tensor({ storage, offset, shape, strides }: TorchTensor): void {
    this.#global('torch._utils', '_rebuild_tensor_v2');
    this.bytes.push(OP.MARK);
    this.#storage(storage);
    this.#number(offset);
    this.#tuple(shape);
    this.#tuple(strides);
    this.bytes.push(OP.NEWFALSE);
    this.#emptyOrderedDict();
    this.bytes.push(OP.TUPLE, OP.REDUCE);
  }

  #storage(storage: TorchStorage): void {
    const key = this.storages.get(storage) ?? String(this.storages.size);
    this.storages.set(storage, key);
    this.bytes.push(OP.MARK);
    this.#text('storage');
    this.#global('torch', TORCH_DTYPES[storage.dtype].storage);
    this.#text(key);
    this.#text('cpu');
    this.#number(storage.length);
    this.bytes.push(OP.TUPLE, OP.BINPERSID);
  }
}

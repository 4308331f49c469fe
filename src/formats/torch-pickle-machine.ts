// The stack machine that a pickle is a program for: its bytes, its stack, its memo. What its operations do stands in
// `torch-pickle-reader.ts`.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { type TorchDtype, type TorchStorage, TorchTuple, type TorchValue } from './torch-values.ts';

/** Tuples within tuples, dicts within dicts; a state_dict has four. */
export const MAX_DEPTH = 64;
const MAX_NAME_BYTES = 200;
/** One byte can make a dict, which takes a hundred: an optimizer has a few of them for each parameter. */
const MAX_OBJECTS = 1_000_000;

/** A name that a pickle may mention, or a storage: never a value by itself. */
export type PickleSymbol =
  | { readonly kind: 'rebuildTensor' | 'orderedDict' }
  | { readonly kind: 'storageClass'; readonly dtype: TorchDtype }
  | { readonly kind: 'storage'; readonly storage: TorchStorage };

export class SymbolItem {
  readonly symbol: PickleSymbol;

  constructor(symbol: PickleSymbol) {
    this.symbol = symbol;
  }
}

/** A tuple on the stack: it may hold symbols, for then it is the arguments of a tensor. */
export class TupleItem {
  readonly items: readonly Item[];
  readonly depth: number;
  #value: TorchTuple | null = null;

  constructor(items: readonly Item[]) {
    this.items = items;
    this.depth = 1 + items.reduce<number>((deepest, item) => Math.max(deepest, depthOf(item)), 0);
  }

  /** Null when it holds a symbol. */
  value(): TorchTuple | null {
    if (this.#value) return this.#value;
    const values = this.items.map(asValue);
    if (values.includes(undefined)) return null;
    this.#value = new TorchTuple(values as TorchValue[]);
    return this.#value;
  }
}

const depthOf = (item: Item): number => (item instanceof TupleItem ? item.depth : 0);

const MARK = Symbol('mark');
export type Item = TorchValue | SymbolItem | TupleItem;

/** Undefined for what is no value. */
function asValue(item: Item): TorchValue | undefined {
  if (item instanceof SymbolItem) return undefined;
  return item instanceof TupleItem ? (item.value() ?? undefined) : item;
}

export class PickleMachine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fileName: string;
  readonly #stack: (Item | typeof MARK)[] = [];
  readonly #memo = new Map<number, Item>();
  #at = 0;
  #objects = 0;
  /** Where the present operation starts. */
  #start = 0;

  constructor(bytes: Uint8Array, fileName: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileName = fileName;
  }

  fault(problem: string): StudioError {
    return new StudioError('E-CHECKPOINT', `${this.#fileName}: ${problem}`, {
      where: msg`${this.#fileName}, byte ${this.#start} of data.pkl`,
      hint: msg`Only plain values and tensors are read, and nothing is ever run. Copy the file again.`,
      safe: msg`Nothing was loaded from it.`,
    });
  }

  /** The code of the next operation. */
  next(): number {
    this.#start = this.#at;
    return this.uint8();
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#view.byteLength) throw this.fault(msg`the pickle is cut off.`);
    this.#at += count;
    return at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** Big-endian, as pickles have it. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  /** Little-endian two's complement of `count` bytes. */
  long(count: number): number {
    const at = this.#take(count);
    let value = 0n;
    for (let i = 0; i < Math.min(count, 9); i++) value |= BigInt(this.#view.getUint8(at + i)) << BigInt(8 * i);
    const number = Number(BigInt.asIntN(8 * count, value));
    if (count > 8 || !Number.isSafeInteger(number)) throw this.fault(msg`a whole number is too large.`);
    return number;
  }

  text(count: number): string {
    const at = this.#take(count);
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return decoder.decode(this.#bytes.subarray(at, at + count));
    } catch {
      throw this.fault(msg`a text is not UTF-8.`);
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > MAX_NAME_BYTES) throw this.fault(msg`a name is cut off or too long.`);
    const line = this.text(end - this.#at);
    this.#at += 1;
    return line;
  }

  mark(): void {
    this.#stack.push(MARK);
  }

  /** A value that is new. */
  push(item: Item): void {
    const isObject = typeof item === 'object' && item !== null && !(item instanceof SymbolItem);
    if (isObject && ++this.#objects > MAX_OBJECTS)
      throw this.fault(msg`it holds more than 1,000,000 lists, dicts, tuples and tensors.`);
    this.#stack.push(item);
  }

  /** A tuple of what is given. */
  pushTuple(items: readonly Item[]): void {
    const tuple = new TupleItem(items);
    if (tuple.depth > MAX_DEPTH) throw this.fault(msg`tuples are nested more than ${MAX_DEPTH} deep.`);
    this.push(tuple);
  }

  top(): Item {
    const item = this.#stack.at(-1);
    if (item === undefined || item === MARK) throw this.fault(msg`a value is missing.`);
    return item;
  }

  pop(): Item {
    const item = this.top();
    this.#stack.pop();
    return item;
  }

  value(item: Item): TorchValue {
    const value = asValue(item);
    if (value === undefined) throw this.fault(msg`a name stands where a value is needed.`);
    return value;
  }

  /** Everything since the last mark. */
  popToMark(): Item[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.fault(msg`a mark is missing.`);
    return this.#stack.splice(mark).slice(1) as Item[];
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const item = this.#memo.get(index);
    if (item === undefined) throw this.fault(msg`value ${index} is used before it was made.`);
    this.#stack.push(item);
  }

  /** The one value that is left at the end. */
  result(): TorchValue {
    const value = this.value(this.pop());
    if (this.#stack.length > 0) throw this.fault(msg`values are left over at the end.`);
    return value;
  }
}

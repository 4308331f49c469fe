// Reads the pickle inside a torch archive. A pickle is a program; here it can build plain values and tensors and nothing
// else: the operations and the names it may use are listed, and nothing is ever called. Called by `torch-reader.ts`.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { type Item, MAX_DEPTH, PickleMachine, SymbolItem, TupleItem } from './torch-pickle-machine.ts';
import { OP } from './torch-pickle-operations.ts';
import {
  isTensor,
  OrderedDict,
  TORCH_DTYPES,
  type TorchDtype,
  type TorchKey,
  type TorchStorage,
  type TorchTensor,
  TorchTuple,
  type TorchValue,
} from './torch-values.ts';

const GLOBALS: ReadonlyMap<string, SymbolItem> = new Map([
  ['torch._utils _rebuild_tensor_v2', new SymbolItem({ kind: 'rebuildTensor' })],
  ['collections OrderedDict', new SymbolItem({ kind: 'orderedDict' })],
  ...(Object.keys(TORCH_DTYPES) as TorchDtype[]).map(
    (dtype) => [`torch ${TORCH_DTYPES[dtype].storage}`, new SymbolItem({ kind: 'storageClass', dtype })] as const,
  ),
]);

export interface PickleSource {
  readonly bytes: Uint8Array;
  /** For messages. */
  readonly fileName: string;
  /** The elements of a storage. @throws StudioError when the archive does not hold them. */
  readonly findStorage: (key: string, dtype: TorchDtype, length: number) => TorchStorage;
  /** No tensor may have more bytes: what is not in the file can not be read out of it. */
  readonly maxTensorBytes: number;
}

/** @throws StudioError E-CHECKPOINT with the offset of what is damaged or not allowed. */
export function readTorchPickle(source: PickleSource): TorchValue {
  const machine = new PickleMachine(source.bytes, source.fileName);
  for (let code = machine.next(); code !== OP.STOP; code = machine.next()) {
    const operation = OPERATIONS[code];
    if (!operation) throw machine.fault(msg`the operation 0x${code.toString(16).padStart(2, '0')} is not allowed.`);
    operation(machine, source);
  }
  const value = machine.result();
  checkDepth(value, source.fileName);
  return value;
}

type Operation = (machine: PickleMachine, source: PickleSource) => void;

const OPERATIONS: Readonly<Record<number, Operation>> = {
  [OP.PROTO]: (m) => {
    if (m.uint8() > 5) throw m.fault(msg`it is written in an unknown version of pickle.`);
  },
  [OP.MARK]: (m) => m.mark(),
  [OP.NONE]: (m) => m.push(null),
  [OP.NEWTRUE]: (m) => m.push(true),
  [OP.NEWFALSE]: (m) => m.push(false),
  [OP.BININT1]: (m) => m.push(m.uint8()),
  [OP.BININT2]: (m) => m.push(m.uint16()),
  [OP.BININT]: (m) => m.push(m.int32()),
  [OP.LONG1]: (m) => m.push(m.long(m.uint8())),
  [OP.BINFLOAT]: (m) => m.push(m.float64()),
  [OP.BINUNICODE]: (m) => m.push(m.text(m.uint32())),
  [OP.EMPTY_TUPLE]: (m) => m.pushTuple([]),
  [OP.TUPLE1]: (m) => m.pushTuple(popSome(m, 1)),
  [OP.TUPLE2]: (m) => m.pushTuple(popSome(m, 2)),
  [OP.TUPLE3]: (m) => m.pushTuple(popSome(m, 3)),
  [OP.TUPLE]: (m) => m.pushTuple(m.popToMark()),
  [OP.EMPTY_LIST]: (m) => m.push([]),
  [OP.EMPTY_DICT]: (m) => m.push(new Map()),
  [OP.APPEND]: (m) => append(m, [m.pop()]),
  [OP.APPENDS]: (m) => append(m, m.popToMark()),
  [OP.SETITEM]: (m) => setItems(m, popSome(m, 2)),
  [OP.SETITEMS]: (m) => setItems(m, m.popToMark()),
  [OP.BINPUT]: (m) => m.remember(m.uint8()),
  [OP.LONG_BINPUT]: (m) => m.remember(m.uint32()),
  [OP.BINGET]: (m) => m.recall(m.uint8()),
  [OP.LONG_BINGET]: (m) => m.recall(m.uint32()),
  [OP.GLOBAL]: (m) => m.push(named(m, `${m.line()} ${m.line()}`)),
  [OP.BINPERSID]: storage,
  [OP.REDUCE]: reduce,
};

function popSome(machine: PickleMachine, count: number): Item[] {
  return Array.from({ length: count }, () => machine.pop()).reverse();
}

function append(machine: PickleMachine, items: readonly Item[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw machine.fault(msg`something is added to what is no list.`);
  for (const item of items) list.push(machine.value(item));
}

function setItems(machine: PickleMachine, items: readonly Item[]): void {
  const dict = machine.top();
  if (!(dict instanceof Map) || items.length % 2 !== 0)
    throw machine.fault(msg`something is put into what is no dict.`);
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i]!;
    if (typeof key !== 'string' && typeof key !== 'number')
      throw machine.fault(msg`a key of a dict is neither a text nor a number.`);
    (dict as Map<TorchKey, TorchValue>).set(key, machine.value(items[i + 1]!));
  }
}

function named(machine: PickleMachine, name: string): SymbolItem {
  const symbol = GLOBALS.get(name);
  if (!symbol) throw machine.fault(msg`it names ${name.replace(' ', '.')}, which is not allowed.`);
  return symbol;
}

/** BINPERSID: ("storage", class, key, device, number of elements). */
function storage(machine: PickleMachine, source: PickleSource): void {
  const tuple = machine.pop();
  const [tag, type, key, , length] = tuple instanceof TupleItem ? tuple.items : [];
  const dtype = type instanceof SymbolItem && type.symbol.kind === 'storageClass' ? type.symbol.dtype : null;
  if (tag !== 'storage' || dtype === null || typeof key !== 'string' || !isCount(length))
    throw machine.fault(msg`a storage is not described as torch does.`);
  machine.push(new SymbolItem({ kind: 'storage', storage: source.findStorage(key, dtype, length) }));
}

/** The two calls that are known: an empty OrderedDict, or one of pairs; and a tensor. They are built here, not called. */
function reduce(machine: PickleMachine, source: PickleSource): void {
  const args = machine.pop();
  const callable = machine.pop();
  const kind = callable instanceof SymbolItem ? callable.symbol.kind : null;
  if (!(args instanceof TupleItem) || (kind !== 'orderedDict' && kind !== 'rebuildTensor'))
    throw machine.fault(msg`it calls something that is not allowed.`);
  if (kind === 'rebuildTensor') machine.push(tensor(machine, source, args.items));
  else if (args.items.length === 0) machine.push(new OrderedDict());
  else throw machine.fault(msg`an OrderedDict is made in a way that is not allowed.`);
}

/** (storage, offset, size, strides, requires_grad, hooks). */
function tensor(machine: PickleMachine, source: PickleSource, args: readonly Item[]): TorchTensor {
  const [place, offset, size, steps] = args;
  const found = place instanceof SymbolItem && place.symbol.kind === 'storage' ? place.symbol.storage : null;
  const shape = counts(size);
  const strides = counts(steps);
  if (!found || !isCount(offset) || !shape || !strides || shape.length !== strides.length)
    throw machine.fault(msg`a tensor is not described as torch does.`);
  const elements = shape.reduce((product, n) => product * n, 1);
  if (elements * TORCH_DTYPES[found.dtype].bytes > source.maxTensorBytes)
    throw machine.fault(msg`a tensor of shape [${shape.join(', ')}] is larger than the file.`);
  const last = shape.reduce((index, n, i) => index + (n - 1) * strides[i]!, offset);
  if (elements > 0 && last >= found.length)
    throw machine.fault(msg`a tensor of shape [${shape.join(', ')}] reaches beyond its storage of ${found.length}.`);
  return { storage: found, offset, shape, strides };
}

const isCount = (item: Item | undefined): item is number => Number.isSafeInteger(item) && (item as number) >= 0;

function counts(item: Item | undefined): number[] | null {
  return item instanceof TupleItem && item.items.every(isCount) ? (item.items as number[]) : null;
}

/** Refuses what is nested too deep, or holds itself: whoever walks through it would not come to an end. */
function checkDepth(value: TorchValue, fileName: string): void {
  const done = new Map<TorchValue, number>();
  const visit = (each: TorchValue, depth: number): void => {
    if (depth > MAX_DEPTH) {
      throw new StudioError('E-CHECKPOINT', msg`${fileName}: values are nested more than ${MAX_DEPTH} deep.`, {
        where: fileName,
        hint: msg`The file is damaged, or was made to do harm. Get it from where it came from again.`,
        safe: msg`Nothing was loaded from it.`,
      });
    }
    if (typeof each !== 'object' || each === null || isTensor(each) || (done.get(each) ?? -1) >= depth) return;
    done.set(each, depth);
    for (const child of childrenOf(each)) visit(child, depth + 1);
  };
  visit(value, 0);
}

function childrenOf(value: TorchValue): Iterable<TorchValue> {
  if (value instanceof TorchTuple) return value.items;
  if (value instanceof Map) return value.values();
  return Array.isArray(value) ? value : [];
}

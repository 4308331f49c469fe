// Tokenized examples, packed into typed arrays: a field of some thousand examples is one array. What a data set of a file
// is kept in, in memory as in the browser's database.

import type { Dataset, Example } from './dataset.ts';

/** A field of all examples of a segment. */
type PackedField =
  | { readonly kind: 'int32' | 'uint8'; readonly values: Int32Array | Uint8Array; readonly ends: Int32Array }
  /** One number each. */
  | { readonly kind: 'number'; readonly values: Float64Array }
  /** A list of numbers each. */
  | { readonly kind: 'numbers'; readonly values: Float64Array; readonly ends: Int32Array };

/** Examples that are packed together. Plain data. */
export interface ExampleSegment {
  readonly count: number;
  readonly fields: Readonly<Record<string, PackedField>>;
}

const SEGMENT_EXAMPLES = 4096;

export class ExampleStore implements Dataset {
  readonly segments: ExampleSegment[];
  #pending: Example[] = [];

  /** @param segments full ones, but for the last. */
  constructor(segments: readonly ExampleSegment[] = []) {
    this.segments = [...segments];
  }

  get length(): number {
    return this.segments.reduce((sum, { count }) => sum + count, 0) + this.#pending.length;
  }

  get columnNames(): readonly string[] {
    return Object.keys(this.segments[0]?.fields ?? this.#pending[0] ?? {});
  }

  add(example: Example): void {
    this.#pending.push(example);
    if (this.#pending.length === SEGMENT_EXAMPLES) this.finish();
  }

  /** Packs what is not packed yet: nothing can be added after. */
  finish(): void {
    if (this.#pending.length > 0) this.segments.push(pack(this.#pending));
    this.#pending = [];
  }

  /** Arrays of an example are views: they must not be written to. */
  get(index: number): Example {
    const segment = this.segments[Math.floor(index / SEGMENT_EXAMPLES)];
    const at = index % SEGMENT_EXAMPLES;
    if (!segment || at >= segment.count) return this.#pending[index - this.segments.length * SEGMENT_EXAMPLES]!;
    return Object.fromEntries(Object.entries(segment.fields).map(([name, field]) => [name, fieldAt(field, at)]));
  }
}

function pack(examples: readonly Example[]): ExampleSegment {
  const names = Object.keys(examples[0]!);
  return {
    count: examples.length,
    fields: Object.fromEntries(names.map((name) => [name, packField(examples.map((example) => example[name]))])),
  };
}

function packField(values: readonly unknown[]): PackedField {
  const [first] = values;
  if (typeof first === 'number') return { kind: 'number', values: Float64Array.from(values as number[]) };
  const lists = values as readonly ArrayLike<number>[];
  const ends = new Int32Array(lists.length);
  let size = 0;
  for (const [i, list] of lists.entries()) {
    size += list.length;
    ends[i] = size;
  }
  if (first instanceof Int32Array) return { kind: 'int32', values: joined(lists, new Int32Array(size)), ends };
  if (first instanceof Uint8Array) return { kind: 'uint8', values: joined(lists, new Uint8Array(size)), ends };
  return { kind: 'numbers', values: joined(lists, new Float64Array(size)), ends };
}

function joined<A extends { set(values: ArrayLike<number>, at: number): void }>(
  lists: readonly ArrayLike<number>[],
  all: A,
): A {
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

function fieldAt(field: PackedField, at: number): unknown {
  if (field.kind === 'number') return field.values[at];
  const [start, end] = [at === 0 ? 0 : field.ends[at - 1]!, field.ends[at]!];
  return field.kind === 'numbers' ? Array.from(field.values.subarray(start, end)) : field.values.subarray(start, end);
}

/** Some examples of a data set, in an order of their own. */
export class Selection implements Dataset {
  readonly #from: Dataset;
  readonly #indices: Int32Array;

  constructor(from: Dataset, indices: Int32Array) {
    this.#from = from;
    this.#indices = indices;
  }

  get length(): number {
    return this.#indices.length;
  }

  get columnNames(): readonly string[] {
    return this.#from.columnNames;
  }

  get(index: number): Example {
    return this.#from.get(this.#indices[index]!);
  }
}

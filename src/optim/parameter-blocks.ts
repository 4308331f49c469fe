// The parameters of a group as the optimizer sees them: on WebGPU all in one buffer, updated by one dispatch; on other
// backends one by one.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { Arena, type ArenaLayout, copyInto, planArenas } from '#gpu/arena.ts';
import { emptyPool } from '#gpu/memory.ts';
import { canBeHalf, type HalfStorage } from '#gpu/tensor-storage.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import type { Parameter } from '#nn/parameter.ts';

/** Numbers beside those of a block, element by element: a moment, a gradient. */
export interface BlockArray {
  /** f32 [size] of the block. */
  readonly all: Tensor;
  /** Those of one parameter: lives as long as the array. */
  part(name: string): Tensor;
  dispose(): void;
}

/** Elements [first, first + size) of a block. */
export interface BlockRange {
  readonly first: number;
  readonly size: number;
}

export interface ParameterBlock {
  readonly weightDecay: number;
  /** In model order. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The values, f32 [size]: updated in place. */
  readonly values: Tensor;
  zeros(): BlockArray;
  /**
   * Half-precision copies of the parameters from here on, which the optimizer must write along with the values; the
   * parameters know them. @returns [size] of all; null where there is no such storage.
   */
  mirror(storage: HalfStorage): Tensor | null;
  /** First element of a parameter. */
  firstOf(name: string): number;
  /** The fewest ranges that hold exactly the parameters of these names. */
  rangesOf(names: ReadonlySet<string>): BlockRange[];
  dispose(): void;
}

/** Moves the parameters of a group next to each other, where the backend can. */
export function makeBlocks(weightDecay: number, parameters: ReadonlyMap<string, Parameter>): ParameterBlock[] {
  const backend = activeWebGpu();
  if (!backend) return [...parameters].map(([name, parameter]) => new SingleBlock(weightDecay, name, parameter));
  // Matrices get a half-precision copy laid out alike.
  const hasMatrices = [...parameters.values()].some(({ shape }) => shape.length > 1);
  const shapes = new Map([...parameters].map(([name, { shape }]) => [name, shape]));
  return planArenas(backend, shapes, hasMatrices).map((layout) => {
    const own = new Map([...layout.parts.keys()].map((name) => [name, parameters.get(name)!]));
    return new ArenaBlock(backend, layout, weightDecay, own);
  });
}

class ArenaBlock implements ParameterBlock {
  readonly weightDecay: number;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly #backend: AtelierBackend;
  readonly #layout: ArenaLayout;
  readonly #arena: Arena;
  #half: Arena | null = null;

  constructor(
    backend: AtelierBackend,
    layout: ArenaLayout,
    weightDecay: number,
    parameters: ReadonlyMap<string, Parameter>,
  ) {
    this.#backend = backend;
    this.#layout = layout;
    this.#arena = new Arena(backend, layout);
    this.weightDecay = weightDecay;
    this.parameters = parameters;
    for (const [name, parameter] of parameters) {
      const part = this.#arena.part(name);
      copyInto(part, parameter.value);
      parameter.rebind(part);
    }
    // What they lay in before is as large as all of them, and nobody needs it again.
    emptyPool();
  }

  get values(): Tensor {
    return this.#arena.all;
  }

  zeros(): BlockArray {
    return new ArenaArray(new Arena(this.#backend, this.#layout));
  }

  mirror(storage: HalfStorage): Tensor | null {
    // Vectors are read in full precision.
    if (![...this.parameters.values()].some(({ shape }) => shape.length > 1)) return null;
    this.#half ??= new Arena(this.#backend, this.#layout, storage);
    for (const [name, parameter] of this.parameters) {
      if (parameter.shape.length > 1 && canBeHalf(parameter.shape)) parameter.mirror(this.#half.part(name));
    }
    return this.#half.all;
  }

  firstOf(name: string): number {
    return this.#layout.parts.get(name)!.first;
  }

  rangesOf(names: ReadonlySet<string>): BlockRange[] {
    const ranges: BlockRange[] = [];
    for (const [name, { first, extent }] of this.#layout.parts) {
      if (!names.has(name)) continue;
      const last = ranges.at(-1);
      if (last && last.first + last.size === first) ranges[ranges.length - 1] = { ...last, size: last.size + extent };
      else ranges.push({ first, size: extent });
    }
    return ranges;
  }

  dispose(): void {
    if (this.#half) for (const parameter of this.parameters.values()) parameter.mirror(null);
    this.#half?.dispose();
    this.#arena.dispose();
  }
}

class ArenaArray implements BlockArray {
  readonly #arena: Arena;
  readonly #parts = new Map<string, Tensor>();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  get all(): Tensor {
    return this.#arena.all;
  }

  part(name: string): Tensor {
    const part = this.#parts.get(name) ?? this.#arena.part(name);
    this.#parts.set(name, part);
    return part;
  }

  dispose(): void {
    for (const part of this.#parts.values()) part.dispose();
    this.#arena.dispose();
  }
}

class SingleBlock implements ParameterBlock {
  readonly weightDecay: number;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly #name: string;
  readonly #parameter: Parameter;

  constructor(weightDecay: number, name: string, parameter: Parameter) {
    this.weightDecay = weightDecay;
    this.parameters = new Map([[name, parameter]]);
    this.#name = name;
    this.#parameter = parameter;
  }

  get values(): Variable {
    return this.#parameter.variable;
  }

  zeros(): BlockArray {
    const all = tf.tidy(() => tf.variable(tf.zeros([...this.#parameter.shape]), false));
    return { all, part: () => all, dispose: () => all.dispose() };
  }

  mirror(): null {
    return null;
  }

  firstOf(): number {
    return 0;
  }

  rangesOf(names: ReadonlySet<string>): BlockRange[] {
    return names.has(this.#name) ? [{ first: 0, size: this.#parameter.size }] : [];
  }

  dispose(): void {
    // The parameter belongs to the model.
  }
}

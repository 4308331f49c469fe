// A trainable tensor with its name. The float32 master copy lives here; halves are made from it on the way in.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { copyInto, setValues } from '#gpu/arena.ts';
import { canBeHalf, type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';

/**
 * How a parameter starts when no file holds it, as HF's `_init_weights`: `normal` with the config's `initializer_range` as
 * standard deviation, or with one of its own.
 */
export type Initializer = 'normal' | 'zeros' | 'ones' | { readonly std: number };

export class Parameter {
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Belongs to a normalisation layer: never decayed. */
  readonly isNorm: boolean;
  /** The table of an embedding: an optimizer of 8 bits keeps its state in 32. */
  readonly isEmbedding: boolean;
  #variable: Variable | null = null;
  #half: Tensor | null = null;

  constructor(shape: readonly number[], initializer: Initializer, layer: 'norm' | 'embedding' | 'other' = 'other') {
    this.shape = shape;
    this.initializer = initializer;
    this.isNorm = layer === 'norm';
    this.isEmbedding = layer === 'embedding';
  }

  get size(): number {
    return this.shape.reduce((product, n) => product * n, 1);
  }

  /** Sets the values, f32 row-major, in place of any earlier ones. */
  load(values: Float32Array): void {
    if (this.#variable) {
      setValues(this.#variable, values);
      if (this.#half) copyInto(this.#half, this.#variable);
      return;
    }
    const tensor = tf.tensor(values, [...this.shape], 'float32');
    this.#variable = tf.variable(tensor, true);
    tensor.dispose();
  }

  /**
   * Is not trained: no gradients, no state. A matrix is kept in this storage alone, where its shape allows halves.
   * @param storage of the large products.
   */
  freeze(storage: 'f32' | HalfStorage): void {
    if (storage === 'f32' || this.shape.length < 2 || !canBeHalf(this.shape) || !activeWebGpu()) return;
    const values = this.variable;
    this.#half = tf.keep(castStorage(values, storage));
    this.#variable?.dispose();
    this.#variable = null;
  }

  /** Lets the parameter live in `tensor`, a part of a larger buffer that holds its values already. Takes it over. */
  rebind(tensor: Tensor): void {
    this.variable.assign(tensor);
    tensor.dispose();
  }

  /** Lets `half` follow the values: the optimizer writes both. Takes it over; null ends that. */
  mirror(half: Tensor | null): void {
    this.#half?.dispose();
    this.#half = half;
    if (half) copyInto(half, this.variable);
  }

  /** The copy in half precision, if one is kept. */
  get half(): Tensor | null {
    return this.#half;
  }

  /** The values in this storage, if they are kept so. */
  storedAs(storage: 'f32' | 'f16' | 'bf16'): Tensor | null {
    if (storage === 'f32') return this.#variable;
    return this.#half && storageOf(this.#half) === storage ? this.#half : null;
  }

  get variable(): Variable {
    if (!this.#variable) throw new Error('a parameter is used before its weights are loaded');
    return this.#variable;
  }

  /** The values, in whatever storage they are kept: those of a frozen parameter may be halves. */
  get value(): Tensor {
    return this.#variable ?? this.#half ?? this.variable;
  }

  dispose(): void {
    this.#half?.dispose();
    this.#half = null;
    this.#variable?.dispose();
    this.#variable = null;
  }
}

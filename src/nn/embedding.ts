// torch.nn.Embedding: `weight` [rows, columns].

import type { Tensor } from '@tensorflow/tfjs';
import { embedding } from '#kernels/embedding/embedding.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export class Embedding extends Module {
  readonly weight: Parameter;

  constructor(rows: number, columns: number) {
    super();
    this.weight = this.parameter('weight', new Parameter([rows, columns], 'normal'));
  }

  /** ids of any shape → [...shape, columns], f32. */
  forward(ids: Int32Array, shape: readonly number[]): Tensor {
    return embedding(this.weight.value, ids, shape);
  }
}

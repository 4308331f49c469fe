// torch.nn.Embedding: `weight` [rows, columns].

import type { Tensor } from '@tensorflow/tfjs';
import { embedding } from '#kernels/embedding/embedding.ts';
import type { TokenIds } from '#kernels/embedding/token-ids.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export class Embedding extends Module {
  readonly weight: Parameter;

  constructor(rows: number, columns: number) {
    super();
    this.weight = this.parameter('weight', new Parameter([rows, columns], 'normal', 'embedding'));
  }
}

/** The rows of several embeddings (one to three), added up, times `scale`: ids of any shape → f32 [...shape, columns]. */
export function embed(parts: readonly { readonly table: Embedding; readonly tokens: TokenIds }[], scale = 1): Tensor {
  return embedding(
    parts.map(({ table, tokens }) => ({ weight: table.weight.value, tokens })),
    scale,
  );
}

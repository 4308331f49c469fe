// A map from states to the vocabulary whose weight is that of the word embedding; only its bias is its own.

import type { Tensor } from '@tensorflow/tfjs';
import { linear } from '#kernels/linear/linear.ts';
import type { Embedding } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { Module } from '#nn/module.ts';
import { Parameter } from '#nn/parameter.ts';
import { msg } from '#util/msg.ts';
import { ConfigReader } from './pretrained-config.ts';

export class TiedDecoder extends Module {
  readonly #bias: Parameter;
  readonly #words: Embedding;

  constructor(words: Embedding, vocabSize: number) {
    super();
    this.#bias = this.parameter('bias', new Parameter([vocabSize], 'zeros'));
    this.#words = words;
  }

  /** hidden [B, L, D] → [B, L, V] */
  forward(hidden: Tensor, context: ForwardContext): Tensor {
    return linear(context.operand(hidden), context.weight(this.#words.weight), this.#bias.value);
  }
}

/** @throws StudioError E-MODEL-CONFIG where the config gives a head for hidden words a weight of its own. */
export function refuseUntied({ tiedHead }: { readonly tiedHead: boolean }): void {
  if (!tiedHead) throw new ConfigReader({}).wrong('tie_word_embeddings', false, msg`true to train for fill-mask`);
}

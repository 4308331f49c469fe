// A map from states to the vocabulary whose weight is that of the word embedding; only its bias is its own.

import type { Tensor } from '@tensorflow/tfjs';
import type { Embedding } from '#nn/embedding.ts';
import { Module } from '#nn/module.ts';
import { Parameter } from '#nn/parameter.ts';
import type { VocabularyHead } from '#nn/vocabulary-head.ts';
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

  /** @param hidden [B, L, D] */
  forward(hidden: Tensor): VocabularyHead {
    return { hidden, weight: this.#words.weight, bias: this.#bias, cap: 0, lora: null };
  }
}

/** @throws StudioError E-MODEL-CONFIG where the config gives a head for hidden words a weight of its own. */
export function refuseUntied({ tiedHead }: { readonly tiedHead: boolean }): void {
  if (!tiedHead) throw new ConfigReader({}).wrong('tie_word_embeddings', false, msg`true to train for fill-mask`);
}

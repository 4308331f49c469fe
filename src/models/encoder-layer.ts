// A layer of an encoder with its norms after each part (Vaswani et al., 2017): of BERT and its kin. Families differ in the
// names of the weights and in where they drop.

import type { Tensor } from '@tensorflow/tfjs';
import type { Activation } from '#kernels/activation/activation.ts';
import { attention } from '#kernels/attention/attention.ts';
import { takeDropout } from '#kernels/dropout/dropout.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { feedForward, forwardTogether, Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';

/** HF's names of the parts. */
export interface EncoderLayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

export interface EncoderLayerConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHeads: number;
  readonly activation: Activation;
  readonly layerNormEps: number;
  /** Of the probabilities. */
  readonly attentionDropout: number;
  /** Of what attention adds to the states. */
  readonly attentionOutputDropout: number;
  /** Of what the feed-forward part adds to them. */
  readonly outputDropout: number;
}

export class EncoderLayer extends Module {
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #attentionOutput: Linear;
  readonly #attentionNorm: LayerNorm;
  readonly #intermediate: Linear;
  readonly #output: Linear;
  readonly #outputNorm: LayerNorm;
  readonly #config: EncoderLayerConfig;

  constructor(config: EncoderLayerConfig, names: EncoderLayerNames) {
    super();
    const { hiddenSize: d, intermediateSize, layerNormEps } = config;
    this.#query = this.child(names.query, new Linear(d, d));
    this.#key = this.child(names.key, new Linear(d, d));
    this.#value = this.child(names.value, new Linear(d, d));
    this.#attentionOutput = this.child(names.attentionOutput, new Linear(d, d));
    this.#attentionNorm = this.child(names.attentionNorm, new LayerNorm(d, layerNormEps));
    this.#intermediate = this.child(names.intermediate, new Linear(d, intermediateSize));
    this.#output = this.child(names.output, new Linear(intermediateSize, d));
    this.#outputNorm = this.child(names.outputNorm, new LayerNorm(d, layerNormEps));
    this.#config = config;
  }

  /** hidden [B, L, D] → [B, L, D] */
  forward(hidden: Tensor, mask: Tensor, context: ForwardContext): Tensor {
    const { numHeads: heads, activation, attentionDropout, attentionOutputDropout, outputDropout } = this.#config;
    const { dropoutKey } = context;
    const qkv = forwardTogether([this.#query, this.#key, this.#value], hidden, context);
    const attended = attention(qkv, mask, { heads, dropout: attentionDropout, dropoutKey });
    const summed = this.#attentionOutput.forward(attended, context, {
      residual: hidden,
      dropout: takeDropout(attentionOutputDropout, dropoutKey),
    });
    const middle = this.#attentionNorm.forward(summed, context);
    const narrow = feedForward(this.#intermediate, this.#output, middle, context, {
      activation,
      residual: middle,
      dropout: takeDropout(outputDropout, dropoutKey),
    });
    return this.#outputNorm.forward(narrow, context);
  }
}

// GPT-2 (Radford et al., 2019) with the layers and weight names of transformers' GPT2Model.

import type { Tensor } from '@tensorflow/tfjs';
import { dropout, takeDropout } from '#kernels/dropout/dropout.ts';
import { attend } from '#nn/causal-attention.ts';
import { Embedding, embed } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { feedForward, Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import type { TextInputs } from '../text-inputs.ts';
import type { Gpt2Config } from './gpt2-config.ts';

class Gpt2Block extends Module {
  readonly #norm1: LayerNorm;
  readonly #qkv: Linear;
  readonly #attentionOutput: Linear;
  readonly #norm2: LayerNorm;
  readonly #wide: Linear;
  readonly #narrow: Linear;
  readonly #config: Gpt2Config;

  constructor(config: Gpt2Config) {
    super();
    const { hiddenSize: d, intermediateSize, layerNormEps } = config;
    this.#norm1 = this.child('ln_1', new LayerNorm(d, layerNormEps));
    this.#qkv = this.child('attn.c_attn', new Linear(d, 3 * d, { layout: 'in-out' }));
    this.#attentionOutput = this.child('attn.c_proj', new Linear(d, d, { layout: 'in-out' }));
    this.#norm2 = this.child('ln_2', new LayerNorm(d, layerNormEps));
    this.#wide = this.child('mlp.c_fc', new Linear(d, intermediateSize, { layout: 'in-out' }));
    this.#narrow = this.child('mlp.c_proj', new Linear(intermediateSize, d, { layout: 'in-out' }));
    this.#config = config;
  }

  /** hidden f32 [B, T, D] → the same */
  forward(hidden: Tensor, mask: Tensor, context: ForwardContext): Tensor {
    const { numHeads, attentionDropout, residualDropout, activation } = this.#config;
    const { dropoutKey } = context;
    const qkv = this.#qkv.forward(this.#norm1.forward(hidden, context), context);
    const attended = attend(qkv, mask, { heads: numHeads, dropout: attentionDropout }, context);
    const middle = this.#attentionOutput.forward(attended, context, {
      residual: hidden,
      dropout: takeDropout(residualDropout, dropoutKey),
    });
    return feedForward(this.#wide, this.#narrow, this.#norm2.forward(middle, context), context, {
      activation,
      residual: middle,
      dropout: takeDropout(residualDropout, dropoutKey),
    });
  }
}

export class Gpt2Model extends Module {
  /** Also the head's weight. */
  readonly tokens: Embedding;
  readonly #positions: Embedding;
  readonly #blocks: readonly Gpt2Block[];
  readonly #norm: LayerNorm;
  readonly #dropout: number;

  constructor(config: Gpt2Config) {
    super();
    this.tokens = this.child('wte', new Embedding(config.vocabSize, config.hiddenSize));
    this.#positions = this.child('wpe', new Embedding(config.maxPositions, config.hiddenSize));
    this.#blocks = Array.from({ length: config.numHiddenLayers }, (_, i) =>
      this.child(`h.${i}`, new Gpt2Block(config)),
    );
    this.#norm = this.child('ln_f', new LayerNorm(config.hiddenSize, config.layerNormEps));
    this.#dropout = config.embeddingDropout;
  }

  /** → [B, T, D], normalised, in the context's storage. */
  forward(inputs: TextInputs, context: ForwardContext): Tensor {
    const shape = [inputs.batchSize, inputs.length];
    const mask = context.feed(({ batch }) => inputs.attentionMask(batch), shape);
    const embedded = context.embedded(
      embed([
        { table: this.tokens, tokens: context.tokenIds(inputs.inputIds, shape) },
        { table: this.#positions, tokens: context.tokenIds(inputs.positions, shape) },
      ]),
    );
    let hidden = dropout(embedded, this.#dropout, context.dropoutKey);
    for (const block of this.#blocks) hidden = context.layer(hidden, (x) => block.forward(x, mask, context));
    return this.#norm.forward(hidden, context);
  }
}

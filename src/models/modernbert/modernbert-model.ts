// ModernBERT's encoder (Warner et al., 2024) with the layers and weight names of transformers' ModernBertModel.

import type { Tensor } from '@tensorflow/tfjs';
import { attention } from '#kernels/attention/attention.ts';
import { dropout, takeDropout } from '#kernels/dropout/dropout.ts';
import { gatedActivation } from '#kernels/gated-activation/gated-activation.ts';
import { rotary } from '#kernels/rotary/rotary.ts';
import { Embedding, embed } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import { paddingIdOf } from '../model-shape.ts';
import { RotaryAngles } from '../rotary-angles.ts';
import type { TextInputs } from '../text-inputs.ts';
import type { ModernBertConfig, ModernBertLayerConfig } from './modernbert-config.ts';

export const newNorm = ({ hiddenSize, normEps, normBias }: ModernBertConfig): LayerNorm =>
  new LayerNorm(hiddenSize, normEps, normBias);

class ModernBertEmbeddings extends Module {
  readonly words: Embedding;
  readonly #norm: LayerNorm;
  readonly #config: ModernBertConfig;

  constructor(config: ModernBertConfig) {
    super();
    this.words = this.child('tok_embeddings', new Embedding(config.vocabSize, config.hiddenSize));
    this.#norm = this.child('norm', newNorm(config));
    this.#config = config;
  }

  /** → f32 [B, L, D]: the residual stream begins here. */
  forward(inputs: TextInputs, context: ForwardContext): Tensor {
    const shape = [inputs.batchSize, inputs.length];
    const tokens = context.tokenIds(inputs.inputIds, shape, paddingIdOf(this.#config));
    const normed = this.#norm.forward(context.embedded(embed([{ table: this.words, tokens }])), context, 'f32');
    return dropout(normed, this.#config.embeddingDropout, context.dropoutKey);
  }
}

class ModernBertLayer extends Module {
  /** Null in the first layer, whose input is normalised already. */
  readonly #attentionNorm: LayerNorm | null;
  readonly #qkv: Linear;
  readonly #attentionOutput: Linear;
  readonly #mlpNorm: LayerNorm;
  readonly #gates: Linear;
  readonly #narrow: Linear;
  readonly #config: ModernBertConfig;
  readonly #window: number;

  constructor(config: ModernBertConfig, { window }: ModernBertLayerConfig, isFirst: boolean) {
    super();
    const { hiddenSize: d, intermediateSize, attentionBias, mlpBias } = config;
    this.#attentionNorm = isFirst ? null : this.child('attn_norm', newNorm(config));
    this.#qkv = this.child('attn.Wqkv', new Linear(d, 3 * d, { bias: attentionBias }));
    this.#attentionOutput = this.child('attn.Wo', new Linear(d, d, { bias: attentionBias }));
    this.#mlpNorm = this.child('mlp_norm', newNorm(config));
    this.#gates = this.child('mlp.Wi', new Linear(d, 2 * intermediateSize, { bias: mlpBias }));
    this.#narrow = this.child('mlp.Wo', new Linear(intermediateSize, d, { bias: mlpBias }));
    this.#config = config;
    this.#window = window;
  }

  /** hidden f32 [B, L, D], angles f32 [L, head size] → f32 [B, L, D] */
  forward(hidden: Tensor, mask: Tensor, angles: Tensor, context: ForwardContext): Tensor {
    const { numHeads: heads, attentionDropout } = this.#config;
    const { dropoutKey } = context;
    const normed = this.#attentionNorm ? this.#attentionNorm.forward(hidden, context) : hidden;
    const turned = rotary(this.#qkv.forward(normed, context), angles, 2 * heads, 3 * heads);
    const attended = attention(turned, mask, { heads, window: this.#window, dropout: attentionDropout, dropoutKey });
    const middle = this.#attentionOutput.forward(attended, context, {
      residual: hidden,
      dropout: takeDropout(attentionDropout, dropoutKey),
    });
    return this.#feedForward(middle, context);
  }

  #feedForward(middle: Tensor, context: ForwardContext): Tensor {
    const { activation, mlpDropout } = this.#config;
    const gated = gatedActivation(this.#gates.forward(this.#mlpNorm.forward(middle, context), context), activation);
    const dropped = dropout(gated, mlpDropout, context.dropoutKey);
    return this.#narrow.forward(dropped, context, { residual: middle });
  }
}

export class ModernBertModel extends Module {
  readonly #embeddings: ModernBertEmbeddings;
  readonly #layers: readonly ModernBertLayer[];
  readonly #norm: LayerNorm;
  readonly #angles: RotaryAngles;

  constructor(config: ModernBertConfig) {
    super();
    this.#embeddings = this.child('embeddings', new ModernBertEmbeddings(config));
    this.#layers = config.layers.map((layer, i) =>
      this.child(`layers.${i}`, new ModernBertLayer(config, layer, i === 0)),
    );
    this.#norm = this.child('final_norm', newNorm(config));
    this.#angles = new RotaryAngles(config.layers, config.headSize);
  }

  /** The weight of a head for hidden words too. */
  get words(): Embedding {
    return this.#embeddings.words;
  }

  /** → [B, L, D], normalised, in the context's storage. */
  forward(inputs: TextInputs, context: ForwardContext): Tensor {
    const mask = context.feed(({ batch }) => inputs.attentionMask(batch), [inputs.batchSize, inputs.length]);
    const angles = this.#angles.feed(inputs.length, context);
    let hidden = this.#embeddings.forward(inputs, context);
    this.#layers.forEach((layer, i) => {
      const turns = angles[i]!;
      hidden = context.layer(hidden, (x) => layer.forward(x, mask, turns, context));
    });
    return this.#norm.forward(hidden, context);
  }
}

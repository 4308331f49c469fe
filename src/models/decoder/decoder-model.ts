// A decoder of the Llama kind (Touvron et al., 2023), with the layers and weight names that transformers gives to Llama,
// Qwen2, Qwen3 and Gemma 3.

import type { Tensor } from '@tensorflow/tfjs';
import { headNorm } from '#kernels/head-norm/head-norm.ts';
import { rotary } from '#kernels/rotary/rotary.ts';
import { attend } from '#nn/causal-attention.ts';
import { Embedding, embed } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { forwardTogether, gatedFeedForward, Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import { RmsNorm } from '#nn/rms-norm.ts';
import { paddingIdOf } from '../model-shape.ts';
import { RotaryAngles } from '../rotary-angles.ts';
import type { TextInputs } from '../text-inputs.ts';
import type { DecoderConfig, DecoderLayerConfig } from './decoder-config.ts';

class DecoderAttention extends Module {
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #output: Linear;
  readonly #norms: { readonly query: RmsNorm; readonly key: RmsNorm } | null;
  readonly #config: DecoderConfig;
  readonly #window: number;

  constructor(config: DecoderConfig, { window }: DecoderLayerConfig) {
    super();
    const { hiddenSize: d, headSize, numHeads, numKeyValueHeads, norm } = config;
    const bias = config.queryKeyValueBias;
    this.#query = this.child('q_proj', new Linear(d, numHeads * headSize, { bias }));
    this.#key = this.child('k_proj', new Linear(d, numKeyValueHeads * headSize, { bias }));
    this.#value = this.child('v_proj', new Linear(d, numKeyValueHeads * headSize, { bias }));
    this.#output = this.child('o_proj', new Linear(numHeads * headSize, d, { bias: config.attentionOutputBias }));
    this.#norms = config.headNorm
      ? {
          query: this.child('q_norm', new RmsNorm(headSize, norm)),
          key: this.child('k_norm', new RmsNorm(headSize, norm)),
        }
      : null;
    this.#config = config;
    this.#window = window;
  }

  /** x [B, T, D], angles f32 [T, head size] → [B, T, D]; f32 with a residual, which is added to the result. */
  forward(x: Tensor, mask: Tensor, angles: Tensor, context: ForwardContext, residual?: Tensor): Tensor {
    const { numHeads: heads, numKeyValueHeads: kvHeads, attentionScale, attentionDropout } = this.#config;
    const packed = this.#normed(forwardTogether([this.#query, this.#key, this.#value], x, context));
    const turned = rotary(packed, angles, heads + kvHeads, heads + 2 * kvHeads);
    const options = { heads, kvHeads, scale: attentionScale, window: this.#window, dropout: attentionDropout };
    const attended = attend(turned, mask, options, context);
    return this.#output.forward(attended, context, { residual });
  }

  #normed(qkv: Tensor): Tensor {
    if (!this.#norms) return qkv;
    const { numHeads: heads, numKeyValueHeads: kvHeads, norm } = this.#config;
    const { query, key } = this.#norms;
    return headNorm(qkv, query.weight.value, key.weight.value, { heads, kvHeads, ...norm });
  }
}

class DecoderMlp extends Module {
  readonly #gate: Linear;
  readonly #up: Linear;
  readonly #down: Linear;
  readonly #config: DecoderConfig;

  constructor(config: DecoderConfig) {
    super();
    const { hiddenSize: d, intermediateSize, mlpBias: bias } = config;
    this.#gate = this.child('gate_proj', new Linear(d, intermediateSize, { bias }));
    this.#up = this.child('up_proj', new Linear(d, intermediateSize, { bias }));
    this.#down = this.child('down_proj', new Linear(intermediateSize, d, { bias }));
    this.#config = config;
  }

  /** [B, T, D] → [B, T, D]; f32 with a residual, which is added to the result. */
  forward(x: Tensor, context: ForwardContext, residual?: Tensor): Tensor {
    const { activation } = this.#config;
    return gatedFeedForward([this.#gate, this.#up], this.#down, x, context, { activation, residual });
  }
}

/** Norms before each part: Llama, Qwen. */
class DecoderLayer extends Module {
  readonly #attention: DecoderAttention;
  readonly #mlp: DecoderMlp;
  readonly #attentionNorm: RmsNorm;
  readonly #mlpNorm: RmsNorm;

  constructor(config: DecoderConfig, layer: DecoderLayerConfig) {
    super();
    const newNorm = (): RmsNorm => new RmsNorm(config.hiddenSize, config.norm);
    this.#attention = this.child('self_attn', new DecoderAttention(config, layer));
    this.#mlp = this.child('mlp', new DecoderMlp(config));
    this.#attentionNorm = this.child('input_layernorm', newNorm());
    this.#mlpNorm = this.child('post_attention_layernorm', newNorm());
  }

  /** hidden f32 [B, T, D] → the same */
  forward(hidden: Tensor, mask: Tensor, angles: Tensor, context: ForwardContext): Tensor {
    const middle = this.#attention.forward(this.#attentionNorm.forward(hidden, context), mask, angles, context, hidden);
    return this.#mlp.forward(this.#mlpNorm.forward(middle, context), context, middle);
  }
}

/** Norms before and after each part: Gemma 3. */
class DoublyNormedLayer extends Module {
  readonly #attention: DecoderAttention;
  readonly #mlp: DecoderMlp;
  readonly #beforeAttention: RmsNorm;
  readonly #afterAttention: RmsNorm;
  readonly #beforeMlp: RmsNorm;
  readonly #afterMlp: RmsNorm;

  constructor(config: DecoderConfig, layer: DecoderLayerConfig) {
    super();
    const newNorm = (): RmsNorm => new RmsNorm(config.hiddenSize, config.norm);
    this.#attention = this.child('self_attn', new DecoderAttention(config, layer));
    this.#mlp = this.child('mlp', new DecoderMlp(config));
    this.#beforeAttention = this.child('input_layernorm', newNorm());
    this.#afterAttention = this.child('post_attention_layernorm', newNorm());
    this.#beforeMlp = this.child('pre_feedforward_layernorm', newNorm());
    this.#afterMlp = this.child('post_feedforward_layernorm', newNorm());
  }

  /** hidden f32 [B, T, D] → the same */
  forward(hidden: Tensor, mask: Tensor, angles: Tensor, context: ForwardContext): Tensor {
    const attended = this.#attention.forward(this.#beforeAttention.forward(hidden, context), mask, angles, context);
    const middle = this.#afterAttention.forward(attended, context, hidden);
    const narrow = this.#mlp.forward(this.#beforeMlp.forward(middle, context), context);
    return this.#afterMlp.forward(narrow, context, middle);
  }
}

export class DecoderModel extends Module {
  /** Also the head's weight where the two are tied. */
  readonly tokens: Embedding;
  readonly #layers: readonly (DecoderLayer | DoublyNormedLayer)[];
  readonly #norm: RmsNorm;
  readonly #config: DecoderConfig;
  readonly #angles: RotaryAngles;

  constructor(config: DecoderConfig) {
    super();
    const Layer = config.outputNorms ? DoublyNormedLayer : DecoderLayer;
    this.tokens = this.child('embed_tokens', new Embedding(config.vocabSize, config.hiddenSize));
    this.#layers = config.layers.map((layer, i) => this.child(`layers.${i}`, new Layer(config, layer)));
    this.#norm = this.child('norm', new RmsNorm(config.hiddenSize, config.norm));
    this.#config = config;
    this.#angles = new RotaryAngles(config.layers, config.headSize);
  }

  /** → [B, T, D], normalised, in the context's storage. Positions count from the left whatever the mask, as in HF. */
  forward({ batchSize, length, inputIds, attentionMask }: TextInputs, context: ForwardContext): Tensor {
    const { embeddingScale } = this.#config;
    const shape = [batchSize, length];
    const mask = context.feed(({ batch }) => attentionMask(batch), shape);
    const angles = this.#angles.feed(length, context);
    const padding = paddingIdOf(this.#config);
    const tokens = context.tokenIds(inputIds, shape, padding);
    let hidden = context.embedded(embed([{ table: this.tokens, tokens }], embeddingScale));
    this.#layers.forEach((layer, i) => {
      const turns = angles[i]!;
      hidden = context.layer(hidden, (x) => layer.forward(x, mask, turns, context));
    });
    return this.#norm.forward(hidden, context);
  }
}

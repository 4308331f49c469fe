// What shapes a decoder of the Llama kind. Families differ by these switches; their readers, one folder each, set them from
// a config.json.

import type { Activation } from '#kernels/activation/activation.ts';
import type { RmsNormConfig } from '#nn/rms-norm.ts';
import { msg } from '#util/msg.ts';
import { activationOf } from '../activations.ts';
import type { ModelShape } from '../model-shape.ts';
import type { ConfigReader, JsonObject } from '../pretrained-config.ts';
import type { RopeConfig } from '../rotary-angles.ts';

export interface DecoderLayerConfig {
  /** A position sees this many, itself the last; 0: all before it. */
  readonly window: number;
  /** Layers with the same settings share one object. */
  readonly rope: RopeConfig;
}

/** Sizes, which all families read from fields of the same names. */
export interface DecoderSizes extends ModelShape {
  readonly intermediateSize: number;
  readonly numHeads: number;
  /** Heads of keys and values, a divisor of `numHeads`. */
  readonly numKeyValueHeads: number;
  readonly headSize: number;
  readonly attentionDropout: number;
  /** Before the head for labels of tokens. */
  readonly classifierDropout: number;
  /** The head's weight is the embedding. */
  readonly tiedHead: boolean;
}

export interface DecoderConfig extends DecoderSizes {
  readonly activation: Activation;
  readonly norm: RmsNormConfig;
  readonly layers: readonly DecoderLayerConfig[];
  /** Factor on the scores. */
  readonly attentionScale: number;
  /** Soft limit of the logits over the vocabulary; 0: none. */
  readonly logitSoftcap: number;
  /** Factor on the embeddings. */
  readonly embeddingScale: number;
  readonly queryKeyValueBias: boolean;
  readonly attentionOutputBias: boolean;
  readonly mlpBias: boolean;
  /** Queries and keys are normalised head by head. */
  readonly headNorm: boolean;
  /** The results of attention and of the feed-forward part are normalised too. */
  readonly outputNorms: boolean;
}

type PlainDecoder = Omit<DecoderConfig, keyof DecoderSizes | 'layers' | 'queryKeyValueBias' | 'attentionOutputBias'>;

/** What Llama, Qwen2 and Qwen3 have in common. */
export const plainDecoder = (read: ConfigReader, { headSize }: DecoderSizes): PlainDecoder => ({
  activation: activationOf(read, 'hidden_act', 'silu'),
  norm: { eps: read.number('rms_norm_eps', 1e-6), offset: 0 },
  attentionScale: headSize ** -0.5,
  logitSoftcap: 0,
  embeddingScale: 1,
  headNorm: false,
  outputNorms: false,
  mlpBias: false,
});

/** HF's defaults, where a config.json does not say. */
export interface DecoderDefaults {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** Null: as many as heads. */
  readonly numKeyValueHeads: number | null;
  /** Null: hidden size over heads. */
  readonly headSize: number | null;
  readonly maxPositions: number;
  readonly padToken: number | null;
  readonly tiedHead: boolean;
}

export function readSizes(read: ConfigReader, json: JsonObject, defaults: DecoderDefaults): DecoderSizes {
  const hiddenSize = read.positiveInteger('hidden_size', defaults.hiddenSize);
  const numHeads = read.positiveInteger('num_attention_heads', defaults.numHeads);
  // An explicit null is as many as heads, whatever the default.
  const fallback = json['num_key_value_heads'] === null ? numHeads : (defaults.numKeyValueHeads ?? numHeads);
  const numKeyValueHeads = read.positiveInteger('num_key_value_heads', fallback);
  if (numHeads % numKeyValueHeads !== 0) {
    throw read.wrong('num_key_value_heads', numKeyValueHeads, msg`a divisor of num_attention_heads (${numHeads})`);
  }
  return {
    vocabSize: read.positiveInteger('vocab_size', defaults.vocabSize),
    hiddenSize,
    intermediateSize: read.positiveInteger('intermediate_size', defaults.intermediateSize),
    numHiddenLayers: read.positiveInteger('num_hidden_layers', defaults.numLayers),
    numHeads,
    numKeyValueHeads,
    headSize: headSizeOf(read, json, defaults.headSize ?? hiddenSize / numHeads),
    maxPositions: read.positiveInteger('max_position_embeddings', defaults.maxPositions),
    initializerRange: read.number('initializer_range', 0.02),
    attentionDropout: read.probability('attention_dropout', 0),
    classifierDropout: read.probability('classifier_dropout', read.probability('hidden_dropout', 0.1)),
    tiedHead: read.boolean('tie_word_embeddings', defaults.tiedHead),
    ...read.padToken(defaults.padToken),
    inputNames: ['input_ids', 'attention_mask', 'position_ids'],
  };
}

function headSizeOf(read: ConfigReader, json: JsonObject, fallback: number): number {
  if (!Number.isInteger(fallback) && !json['head_dim']) {
    throw read.wrong('num_attention_heads', json['num_attention_heads'], msg`a divisor of hidden_size`);
  }
  const headSize = read.positiveInteger('head_dim', fallback);
  if (headSize % 2 === 0) return headSize;
  throw read.wrong('head_dim', headSize, msg`an even number: columns turn in pairs`);
}

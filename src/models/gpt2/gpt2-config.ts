// The fields of a GPT-2 config.json that shape the model. Source of names and defaults: transformers' GPT2Config.

import type { Activation } from '#kernels/activation/activation.ts';
import { msg } from '#util/msg.ts';
import { activationOf } from '../activations.ts';
import type { ModelShape } from '../model-shape.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';

export interface Gpt2Config extends ModelShape {
  readonly numHeads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly embeddingDropout: number;
  readonly attentionDropout: number;
  readonly residualDropout: number;
  /** Before the head for labels of tokens. */
  readonly classifierDropout: number;
  readonly layerNormEps: number;
}

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readGpt2Config(json: JsonObject): Gpt2Config {
  const read = new ConfigReader(json);
  read.mustBeOff('add_cross_attention');
  read.mustBeOff('scale_attn_by_inverse_layer_idx');
  const hiddenSize = read.positiveInteger('n_embd', 768);
  const numHeads = read.positiveInteger('n_head', 12);
  if (hiddenSize % numHeads !== 0) throw read.wrong('n_head', numHeads, msg`a divisor of n_embd (${hiddenSize})`);
  if (json['tie_word_embeddings'] === false) throw read.wrong('tie_word_embeddings', false, 'true');
  if (json['scale_attn_weights'] === false) throw read.wrong('scale_attn_weights', false, 'true');
  return {
    vocabSize: read.positiveInteger('vocab_size', 50257),
    hiddenSize,
    numHiddenLayers: read.positiveInteger('n_layer', 12),
    numHeads,
    intermediateSize: read.positiveInteger('n_inner', 4 * hiddenSize),
    activation: activationOf(read, 'activation_function', 'gelu_new'),
    embeddingDropout: read.probability('embd_pdrop', 0.1),
    attentionDropout: read.probability('attn_pdrop', 0.1),
    residualDropout: read.probability('resid_pdrop', 0.1),
    classifierDropout: read.probability('classifier_dropout', 0.1),
    maxPositions: read.positiveInteger('n_positions', 1024),
    initializerRange: read.number('initializer_range', 0.02),
    layerNormEps: read.number('layer_norm_epsilon', 1e-5),
    ...read.padToken(null),
    inputNames: ['input_ids', 'attention_mask', 'position_ids'],
  };
}

// The fields of a BERT config.json that shape the model. Source of names and defaults: transformers' BertConfig.

import type { Activation } from '#kernels/activation/activation.ts';
import { msg } from '#util/msg.ts';
import { activationOf } from '../activations.ts';
import type { ModelShape } from '../model-shape.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';

export interface BertConfig extends ModelShape {
  /** The weight of a head for hidden words is the embedding. */
  readonly tiedHead: boolean;
  readonly numHeads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly classifierDropout: number;
  readonly typeVocabSize: number;
  readonly layerNormEps: number;
}

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readBertConfig(json: JsonObject): BertConfig {
  const read = new ConfigReader(json);
  read.mustBeOff('is_decoder');
  read.mustBeOff('add_cross_attention');
  read.oneOf('position_embedding_type', ['absolute'], 'absolute');
  const hiddenSize = read.positiveInteger('hidden_size', 768);
  const numHeads = read.positiveInteger('num_attention_heads', 12);
  if (hiddenSize % numHeads !== 0) {
    throw read.wrong('num_attention_heads', numHeads, msg`a divisor of hidden_size (${hiddenSize})`);
  }
  const hiddenDropout = read.probability('hidden_dropout_prob', 0.1);
  return {
    tiedHead: read.boolean('tie_word_embeddings', true),
    vocabSize: read.positiveInteger('vocab_size', 30522),
    hiddenSize,
    numHiddenLayers: read.positiveInteger('num_hidden_layers', 12),
    numHeads,
    intermediateSize: read.positiveInteger('intermediate_size', 3072),
    activation: activationOf(read, 'hidden_act', 'gelu'),
    hiddenDropout,
    attentionDropout: read.probability('attention_probs_dropout_prob', 0.1),
    classifierDropout: read.probability('classifier_dropout', hiddenDropout),
    maxPositions: read.positiveInteger('max_position_embeddings', 512),
    typeVocabSize: read.positiveInteger('type_vocab_size', 2),
    initializerRange: read.number('initializer_range', 0.02),
    layerNormEps: read.number('layer_norm_eps', 1e-12),
    ...read.padToken(0),
    inputNames: ['input_ids', 'attention_mask', 'token_type_ids'],
  };
}

// The fields of a DistilBERT config.json that shape the model. Source of names and defaults: transformers' DistilBertConfig.

import type { Activation } from '#kernels/activation/activation.ts';
import { msg } from '#util/msg.ts';
import { activationOf } from '../activations.ts';
import type { ModelShape } from '../model-shape.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';

export interface DistilBertConfig extends ModelShape {
  /** The weight of a head for hidden words is the embedding. */
  readonly tiedHead: boolean;
  readonly numHeads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly dropout: number;
  readonly attentionDropout: number;
  readonly answerDropout: number;
  readonly classifierDropout: number;
}

/** Of every layer norm; no field of the config. */
export const LAYER_NORM_EPS = 1e-12;

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readDistilBertConfig(json: JsonObject): DistilBertConfig {
  const read = new ConfigReader(json);
  const hiddenSize = read.positiveInteger('dim', 768);
  const numHeads = read.positiveInteger('n_heads', 12);
  if (hiddenSize % numHeads !== 0) throw read.wrong('n_heads', numHeads, msg`a divisor of dim (${hiddenSize})`);
  return {
    tiedHead: read.boolean('tie_word_embeddings', true),
    vocabSize: read.positiveInteger('vocab_size', 30522),
    hiddenSize,
    numHiddenLayers: read.positiveInteger('n_layers', 6),
    numHeads,
    intermediateSize: read.positiveInteger('hidden_dim', 3072),
    activation: activationOf(read, 'activation', 'gelu'),
    dropout: read.probability('dropout', 0.1),
    attentionDropout: read.probability('attention_dropout', 0.1),
    answerDropout: read.probability('qa_dropout', 0.1),
    classifierDropout: read.probability('seq_classif_dropout', 0.2),
    maxPositions: read.positiveInteger('max_position_embeddings', 512),
    initializerRange: read.number('initializer_range', 0.02),
    ...read.padToken(0),
    inputNames: ['input_ids', 'attention_mask'],
  };
}

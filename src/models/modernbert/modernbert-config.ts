// The fields of a ModernBERT config.json that shape the model. Source of names and defaults: transformers' ModernBertConfig.

import type { Activation } from '#kernels/activation/activation.ts';
import { msg } from '#util/msg.ts';
import { activationOf } from '../activations.ts';
import { readLayerTypes } from '../layer-types.ts';
import type { ModelShape } from '../model-shape.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';
import { objectAt, type RopeConfig, ropeOf } from '../rotary-angles.ts';

export interface ModernBertLayerConfig {
  /** A position sees those nearer than this; 0: all. */
  readonly window: number;
  /** Layers with the same settings share one object. */
  readonly rope: RopeConfig;
}

export interface ModernBertConfig extends ModelShape {
  readonly numHeads: number;
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly layers: readonly ModernBertLayerConfig[];
  readonly normEps: number;
  readonly normBias: boolean;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly embeddingDropout: number;
  readonly attentionDropout: number;
  readonly mlpDropout: number;
  readonly classifierDropout: number;
  readonly classifierBias: boolean;
  readonly classifierActivation: Activation;
  /** What stands for a text: its first token, or the mean of all. */
  readonly pooling: 'cls' | 'mean';
}

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readModernBertConfig(json: JsonObject): ModernBertConfig {
  const read = new ConfigReader(json);
  for (const name of ['tie_word_embeddings', 'decoder_bias']) {
    if (!read.boolean(name, true)) throw read.wrong(name, false, 'true');
  }
  const hiddenSize = read.positiveInteger('hidden_size', 768);
  const numHeads = read.positiveInteger('num_attention_heads', 12);
  if (hiddenSize % (2 * numHeads) !== 0) {
    throw read.wrong('num_attention_heads', numHeads, msg`a divisor of half of hidden_size (${hiddenSize})`);
  }
  const numHiddenLayers = read.positiveInteger('num_hidden_layers', 22);
  const maxPositions = read.positiveInteger('max_position_embeddings', 8192);
  return {
    vocabSize: read.positiveInteger('vocab_size', 50_368),
    hiddenSize,
    numHiddenLayers,
    numHeads,
    headSize: hiddenSize / numHeads,
    intermediateSize: read.positiveInteger('intermediate_size', 1152),
    activation: activationOf(read, 'hidden_activation', 'gelu'),
    layers: readLayers(read, json, numHiddenLayers, maxPositions),
    maxPositions,
    initializerRange: read.number('initializer_range', 0.02),
    normEps: read.number('norm_eps', 1e-5),
    ...readSwitches(read),
    ...read.padToken(50_283),
    inputNames: ['input_ids', 'attention_mask'],
  };
}

const readSwitches = (read: ConfigReader) => ({
  normBias: read.boolean('norm_bias', false),
  attentionBias: read.boolean('attention_bias', false),
  mlpBias: read.boolean('mlp_bias', false),
  embeddingDropout: read.probability('embedding_dropout', 0),
  attentionDropout: read.probability('attention_dropout', 0),
  mlpDropout: read.probability('mlp_dropout', 0),
  classifierDropout: read.probability('classifier_dropout', 0),
  classifierBias: read.boolean('classifier_bias', false),
  classifierActivation: activationOf(read, 'classifier_activation', 'gelu'),
  pooling: read.oneOf('classifier_pooling', ['cls', 'mean'], 'cls'),
});

/** Every third layer sees all, the others half of `local_attention` to both sides; the kinds have rope settings of their own. */
function readLayers(
  read: ConfigReader,
  json: JsonObject,
  numHiddenLayers: number,
  maxPositions: number,
): ModernBertLayerConfig[] {
  const window = Math.floor(read.positiveInteger('local_attention', 128) / 2) + 1;
  const pattern = read.positiveInteger('global_attn_every_n_layers', 3);
  const sliding = readLayerTypes(read, json, numHiddenLayers, (layer) => layer % pattern !== 0);
  const [all, scaling] = [objectAt(json, 'rope_parameters'), objectAt(json, 'rope_scaling')];
  const full = { rope_theta: json['global_rope_theta'], ...objectAt(all, 'full_attention'), ...scaling };
  const local = { rope_theta: json['local_rope_theta'], ...objectAt(all, 'sliding_attention'), ...scaling };
  const ropes = { full: ropeOf(full, 160_000, maxPositions), local: ropeOf(local, 10_000, maxPositions) };
  return sliding.map((slides) => (slides ? { window, rope: ropes.local } : { window: 0, rope: ropes.full }));
}

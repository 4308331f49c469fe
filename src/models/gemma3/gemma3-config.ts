// The fields of the config.json of a Gemma 3 text model (`gemma3_text`) that shape it. Source of names and defaults:
// transformers' Gemma3TextConfig.

import { activationOf } from '../activations.ts';
import {
  type DecoderConfig,
  type DecoderLayerConfig,
  type DecoderSizes,
  readSizes,
} from '../decoder/decoder-config.ts';
import { readLayerTypes } from '../layer-types.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';
import { objectAt, ropeOf } from '../rotary-angles.ts';

const DEFAULTS = {
  vocabSize: 262_208,
  hiddenSize: 2304,
  intermediateSize: 9216,
  numLayers: 26,
  numHeads: 8,
  numKeyValueHeads: 4,
  headSize: 256,
  maxPositions: 131_072,
  padToken: 0,
  tiedHead: true,
};

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readGemma3Config(json: JsonObject): DecoderConfig {
  const read = new ConfigReader(json);
  read.mustBeOff('use_bidirectional_attention');
  const sizes = readSizes(read, json, DEFAULTS);
  const attentionBias = read.boolean('attention_bias', false);
  return {
    ...sizes,
    activation: activationOf(read, 'hidden_activation', 'gelu_pytorch_tanh'),
    norm: { eps: read.number('rms_norm_eps', 1e-6), offset: 1 },
    layers: readLayers(read, json, sizes),
    // transformers reads attn_logit_softcapping as well, and limits no scores by it: neither does this.
    logitSoftcap: softcapOf(read, json, 'final_logit_softcapping'),
    attentionScale: read.number('query_pre_attn_scalar', 256) ** -0.5,
    // A tensor of the embedding's dtype, which in training is float32.
    embeddingScale: Math.fround(Math.sqrt(sizes.hiddenSize)),
    queryKeyValueBias: attentionBias,
    attentionOutputBias: attentionBias,
    mlpBias: false,
    headNorm: true,
    outputNorms: true,
  };
}

/** All but every sixth layer see a window; the two kinds have rope settings of their own. */
function readLayers(
  read: ConfigReader,
  json: JsonObject,
  { numHiddenLayers, maxPositions }: DecoderSizes,
): DecoderLayerConfig[] {
  const window = read.positiveInteger('sliding_window', 4096);
  const pattern = read.positiveInteger('sliding_window_pattern', 6);
  const sliding = readLayerTypes(read, json, numHiddenLayers, (layer) => (layer + 1) % pattern !== 0);
  const all = objectAt(json, 'rope_parameters');
  const full = {
    rope_theta: json['rope_theta'],
    ...objectAt(all, 'full_attention'),
    ...objectAt(json, 'rope_scaling'),
  };
  const local = { rope_theta: json['rope_local_base_freq'], ...objectAt(all, 'sliding_attention') };
  const ropes = { full: ropeOf(full, 1e6, maxPositions), local: ropeOf(local, 1e4, maxPositions) };
  return sliding.map((slides) => (slides ? { window, rope: ropes.local } : { window: 0, rope: ropes.full }));
}

/** Null and absent: no limit. */
const softcapOf = (read: ConfigReader, json: JsonObject, name: string): number =>
  (json[name] ?? null) === null ? 0 : read.positive(name);

// The fields of a Qwen2 or Qwen2.5 config.json that shape the model. Source of names and defaults: transformers' Qwen2Config.

import { activationOf } from '../activations.ts';
import { type DecoderConfig, readSizes } from '../decoder/decoder-config.ts';
import { readQwenLayers } from '../decoder/qwen-layers.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';

const DEFAULTS = {
  vocabSize: 151_936,
  hiddenSize: 4096,
  intermediateSize: 22_016,
  numLayers: 32,
  numHeads: 32,
  numKeyValueHeads: 32,
  headSize: null,
  maxPositions: 32_768,
  padToken: null,
  tiedHead: false,
};

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readQwen2Config(json: JsonObject): DecoderConfig {
  const read = new ConfigReader(json);
  const sizes = readSizes(read, json, DEFAULTS);
  return {
    ...sizes,
    activation: activationOf(read, 'hidden_act', 'silu'),
    norm: { eps: read.number('rms_norm_eps', 1e-6), offset: 0 },
    layers: readQwenLayers(read, json, sizes),
    attentionScale: sizes.headSize ** -0.5,
    logitSoftcap: 0,
    embeddingScale: 1,
    queryKeyValueBias: true,
    attentionOutputBias: false,
    mlpBias: false,
    headNorm: false,
    outputNorms: false,
  };
}

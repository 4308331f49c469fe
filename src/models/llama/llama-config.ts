// The fields of a Llama config.json (SmolLM2, TinyLlama, Llama 3) that shape the model. Source of names and defaults:
// transformers' LlamaConfig.

import { type DecoderConfig, plainDecoder, readSizes } from '../decoder/decoder-config.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';
import { readRope } from '../rotary-angles.ts';

const DEFAULTS = {
  vocabSize: 32_000,
  hiddenSize: 4096,
  intermediateSize: 11_008,
  numLayers: 32,
  numHeads: 32,
  numKeyValueHeads: null,
  headSize: null,
  maxPositions: 2048,
  padToken: null,
  tiedHead: false,
};

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readLlamaConfig(json: JsonObject): DecoderConfig {
  const read = new ConfigReader(json);
  const sizes = readSizes(read, json, DEFAULTS);
  const rope = readRope(json, sizes.maxPositions);
  const attentionBias = read.boolean('attention_bias', false);
  return {
    ...sizes,
    ...plainDecoder(read, sizes),
    layers: Array.from({ length: sizes.numHiddenLayers }, () => ({ window: 0, rope })),
    queryKeyValueBias: attentionBias,
    attentionOutputBias: attentionBias,
    mlpBias: read.boolean('mlp_bias', false),
  };
}

// The fields of a Qwen3 config.json that shape the model. Source of names and defaults: transformers' Qwen3Config.

import { type DecoderConfig, plainDecoder, readSizes } from '../decoder/decoder-config.ts';
import { QWEN_DEFAULTS, readQwenLayers } from '../decoder/qwen-config.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readQwen3Config(json: JsonObject): DecoderConfig {
  const read = new ConfigReader(json);
  const sizes = readSizes(read, json, { ...QWEN_DEFAULTS, headSize: 128 });
  const attentionBias = read.boolean('attention_bias', false);
  return {
    ...sizes,
    ...plainDecoder(read, sizes),
    layers: readQwenLayers(read, json, sizes),
    queryKeyValueBias: attentionBias,
    attentionOutputBias: attentionBias,
    headNorm: true,
  };
}

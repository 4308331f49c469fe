// The fields of a Qwen2 or Qwen2.5 config.json that shape the model. Source of names and defaults: transformers' Qwen2Config.

import { type DecoderConfig, plainDecoder, readSizes } from '../decoder/decoder-config.ts';
import { QWEN_DEFAULTS, readQwenLayers } from '../decoder/qwen-config.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readQwen2Config(json: JsonObject): DecoderConfig {
  const read = new ConfigReader(json);
  const sizes = readSizes(read, json, QWEN_DEFAULTS);
  return {
    ...sizes,
    ...plainDecoder(read, sizes),
    layers: readQwenLayers(read, json, sizes),
    queryKeyValueBias: true,
    attentionOutputBias: false,
  };
}

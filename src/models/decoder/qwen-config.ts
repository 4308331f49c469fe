// What the configs of Qwen2 and Qwen3 share: sizes by default, and layers that may see a window from some layer on. Source of names and defaults: transformers'
// Qwen2Config.

import { msg } from '#util/msg.ts';
import { readLayerTypes } from '../layer-types.ts';
import type { ConfigReader, JsonObject } from '../pretrained-config.ts';
import { readRope } from '../rotary-angles.ts';
import type { DecoderDefaults, DecoderLayerConfig, DecoderSizes } from './decoder-config.ts';

/** Of Qwen2; those of Qwen3 differ in the size of a head. */
export const QWEN_DEFAULTS: DecoderDefaults = {
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

export function readQwenLayers(
  read: ConfigReader,
  json: JsonObject,
  { numHiddenLayers, maxPositions }: DecoderSizes,
): DecoderLayerConfig[] {
  const rope = readRope(json, maxPositions);
  const usesWindow = read.boolean('use_sliding_window', false) && json['sliding_window'] !== null;
  const window = usesWindow ? read.positiveInteger('sliding_window', 4096) : 0;
  const firstSliding = read.number('max_window_layers', 28);
  const sliding = readLayerTypes(read, json, numHiddenLayers, (layer) => usesWindow && layer >= firstSliding);
  if (!usesWindow && sliding.includes(true))
    throw read.wrong('use_sliding_window', false, msg`true for these layer_types`);
  return sliding.map((slides) => ({ window: slides ? window : 0, rope }));
}

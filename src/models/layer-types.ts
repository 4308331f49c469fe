// Which layers of a model see a window of the text, and which see all of it.

import { msg } from '#util/msg.ts';
import type { ConfigReader, JsonObject } from './pretrained-config.ts';

/** Whether each layer sees a window, from `layer_types`; where there are none, from `isSliding`. */
export function readLayerTypes(
  read: ConfigReader,
  json: JsonObject,
  numLayers: number,
  isSliding: (layer: number) => boolean,
): boolean[] {
  const given = json['layer_types'] ?? null;
  if (given === null) return Array.from({ length: numLayers }, (_, layer) => isSliding(layer));
  const known = ['full_attention', 'sliding_attention'];
  if (Array.isArray(given) && given.length === numLayers && given.every((type) => known.includes(type))) {
    return given.map((type) => type === 'sliding_attention');
  }
  throw read.wrong('layer_types', given, msg`${numLayers} times one of ${known.join(', ')}`);
}

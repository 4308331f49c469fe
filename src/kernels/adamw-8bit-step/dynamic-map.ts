// The dynamic 8-bit numbers of Dettmers et al. (2022, "8-bit optimizers via block-wise quantization"): 256 values in
// [-1, 1] or [0, 1], finer towards zero. A decade has twice as many as the one below it, evenly spread.
// `dynamic-map.wgsl` is the same on the device.

/** Where the magnitudes of a map begin and end: place 1 or 2 is the smallest above zero, the last one is 1. */
const MAPS = {
  /** Code c stands for place |c − 127|, negative below 127; 255 for 1. */
  signed: { zero: 127, last: 128, decades: 6 },
  /** Code c stands for place c + 1; 0 for zero, 255 for 1. */
  unsigned: { zero: -1, last: 256, decades: 7 },
} as const;
export type DynamicMap = keyof typeof MAPS;

const fround = Math.fround;

/** The value of a place: 0 for the places before the first. */
function magnitude(place: number, { last, decades }: (typeof MAPS)[DynamicMap]): number {
  if (place === last) return 1;
  const decade = 31 - Math.clz32(place);
  if (place === 0 || decade < decades - 6) return 0;
  const count = 2 ** decade;
  return fround(10 ** (decade - decades) * (0.1 + (0.9 * (place - count + 0.5)) / count));
}

/** The value of a code in [0, 255]. */
export function decode(code: number, map: DynamicMap): number {
  const { zero } = MAPS[map];
  const size = magnitude(Math.abs(code - zero), MAPS[map]);
  return code < zero ? -size : size;
}

/** The code of the nearest value. @param value in [-1, 1], or [0, 1] of the unsigned map. */
export function encode(value: number, map: DynamicMap): number {
  const spec = MAPS[map];
  const size = Math.abs(value);
  const lowest = map === 'signed' ? 0 : 1;
  const highest = value < 0 ? spec.last - 1 : spec.last;
  let [low, high] = [lowest, highest];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (magnitude(middle, spec) <= size) low = middle;
    else high = middle - 1;
  }
  const above = Math.min(low + 1, highest);
  const nearest = size - magnitude(low, spec) > magnitude(above, spec) - size ? above : low;
  return value < 0 ? spec.zero - nearest : spec.zero + nearest;
}

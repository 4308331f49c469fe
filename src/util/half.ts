// Half-precision numbers as bits: IEEE binary16 (F16) and bfloat16 (BF16), to and from float32.
// Weight files use them; the conversions to fewer bits round to nearest, ties to even, as torch does.

/** F16 bits → float32, exact. Infinities, NaN and subnormals included. */
export function halfToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(bits.length);
  const words = new Uint32Array(floats.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      floats[i] = fraction * 2 ** -24;
      words[i]! |= sign;
    } else {
      // Re-bias the exponent from 15 to 127; 31 stands for infinity and NaN and becomes 255.
      words[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
    }
  }
  return floats;
}

/** float32 → F16 bits. Magnitudes of 65520 and more become infinity. */
export function float32ToHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    halves[i] = ((words[i]! >>> 16) & 0x8000) | halfMagnitude(words[i]! & 0x7fffffff, Math.abs(values[i]!));
  }
  return halves;
}

const ROUNDING = new Float32Array(1);
const ROUNDING_BITS = new Uint32Array(ROUNDING.buffer);

/** F16 bits of a non-negative float32, given as its bits and as itself. */
function halfMagnitude(bits: number, value: number): number {
  if (bits > 0x7f800000) return 0x7e00 | ((bits >>> 13) & 0x3ff);
  if (bits >= 0x477ff000) return 0x7c00;
  if (bits >= 0x38800000) return (bits - 0x38000000 + 0xfff + ((bits >>> 13) & 1)) >>> 13;
  // Below 2^-14 the result is a multiple of 2^-24, the spacing of float32 numbers from 0.5 on: adding 0.5 rounds.
  ROUNDING[0] = 0.5 + value;
  return ROUNDING_BITS[0]! - 0x3f000000;
}

/** BF16 bits → float32, exact. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(bits.length);
  const words = new Uint32Array(floats.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return floats;
}

/** float32 → BF16 bits. */
export function float32ToBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const word = words[i]!;
    const isNan = (word & 0x7fffffff) > 0x7f800000;
    bits[i] = isNan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

// Halves to floats on the CPU, for reading half tensors back.

import type { HalfStorage } from './tensor-storage.ts';

/** `size` values of `bytes` (little-endian halves) as float32. */
export function decodeHalves(bytes: ArrayBuffer, storage: HalfStorage, size: number): Float32Array<ArrayBuffer> {
  const bits = new Uint16Array(bytes, 0, size);
  const words = new Uint32Array(size);
  for (let i = 0; i < size; i++) words[i] = storage === 'bf16' ? bits[i]! << 16 : halfToFloatBits(bits[i]!);
  return new Float32Array(words.buffer);
}

function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // A subnormal half is a normal float: shift the leading one into place.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

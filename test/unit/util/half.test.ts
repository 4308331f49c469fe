import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from '#util/half.ts';
import fixture from '../../fixtures/data/half.json' with { type: 'json' };

const values = new Float32Array(Uint32Array.from(fixture.float32).buffer);
const isNanHalf = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;
const isNanBfloat = (bits: number): boolean => (bits & 0x7fff) > 0x7f80;

describe('float32ToHalf', () => {
  it('rounds as torch does, subnormals, ties and overflow included', () => {
    const ours = [...float32ToHalf(values)].map((bits) => (isNanHalf(bits) ? 'nan' : bits));
    expect(ours).toEqual(fixture.float16.map((bits) => (isNanHalf(bits) ? 'nan' : bits)));
  });

  it('gives every half back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => !isNanHalf(bits));
    expect(float32ToHalf(halfToFloat32(all))).toEqual(all);
  });

  it('keeps NaN', () => {
    expect(halfToFloat32(float32ToHalf(Float32Array.of(Number.NaN)))[0]).toBeNaN();
  });
});

describe('halfToFloat32', () => {
  it('is exact', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8001, 0x03ff, 0x0400, 0x7c00, 0xfc00, 0x8000);
    const exact = [1, -2, 65504, 2 ** -24, -(2 ** -24), 1023 * 2 ** -24, 2 ** -14, Infinity, -Infinity, -0];
    expect([...halfToFloat32(bits)]).toEqual(exact);
  });
});

describe('bfloat16', () => {
  it('rounds as torch does', () => {
    const ours = [...float32ToBfloat16(values)].map((bits) => (isNanBfloat(bits) ? 'nan' : bits));
    expect(ours).toEqual(fixture.bfloat16.map((bits) => (isNanBfloat(bits) ? 'nan' : bits)));
  });

  it('widens exactly', () => {
    expect([...bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc049, 0x0001, 0xff80))]).toEqual([
      1,
      -3.140625,
      2 ** -133,
      -Infinity,
    ]);
  });

  it('keeps a NaN whose upper bits are zero', () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001).buffer);
    expect(bfloat16ToFloat32(float32ToBfloat16(nan))[0]).toBeNaN();
  });
});

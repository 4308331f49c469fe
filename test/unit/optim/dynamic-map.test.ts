import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DynamicMap, decode, encode } from '#kernels/adamw-8bit-step/dynamic-map.ts';
import { expectClose } from '../../setup/tensors.ts';

const maps = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/data/adamw-8bit.json'), 'utf8'),
) as Record<DynamicMap, readonly number[]>;

describe.each(['signed', 'unsigned'] as const)('the %s map of 8-bit numbers', (map) => {
  const values = Array.from({ length: 256 }, (_, code) => decode(code, map));

  it("holds bitsandbytes' values", () => {
    expectClose(values, maps[map], { absolute: 0, relative: 3e-7 });
  });
  it('gives every value its own code', () => {
    expect(values.map((value) => encode(value, map))).toEqual(values.map((_, code) => code));
  });
  it('rounds to the nearest value', () => {
    for (let i = 0; i <= 4000; i++) {
      const value = map === 'signed' ? i / 2000 - 1 : (i / 4000) ** 3;
      const distance = Math.min(...values.map((each) => Math.abs(each - value)));
      expect(Math.abs(decode(encode(value, map), map) - value)).toBe(distance);
    }
  });
});

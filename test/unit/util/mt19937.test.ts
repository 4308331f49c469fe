import { describe, expect, it } from 'vitest';
import { Crc32 } from '#util/crc32.ts';
import { Mt19937, randperm } from '#util/mt19937.ts';

function crcOf(order: Int32Array): number {
  const crc = new Crc32();
  crc.update(new Uint8Array(order.buffer));
  return crc.digest();
}

describe('randperm', () => {
  // Values of torch 2.13.0 on CPU.
  it.each([
    [10, 42, [2, 6, 1, 8, 4, 5, 0, 9, 3, 7]],
    [10, 43, [8, 4, 9, 0, 5, 1, 6, 7, 2, 3]],
    [7, 0, [4, 0, 5, 3, 2, 6, 1]],
    [16, 1234, [15, 7, 2, 0, 12, 8, 5, 13, 3, 11, 1, 4, 14, 9, 6, 10]],
    [10, 2 ** 32 + 42, [2, 6, 1, 8, 4, 5, 0, 9, 3, 7]],
  ])('of %i with seed %i equals torch', (n, seed, expected) => {
    expect([...randperm(n, seed)]).toEqual(expected);
  });

  it.each([
    [1000, [542, 618, 816, 68, 94, 215, 60, 585], 0x2b2cf311],
    [100_000, [37542, 60279, 68544, 70051], 0xa47fd860],
  ])('of %i with seed 42 equals torch to the last element', (n, start, crc) => {
    const order = randperm(n, 42);
    expect([...order.subarray(0, start.length)]).toEqual(start);
    expect(crcOf(order)).toBe(crc);
  });

  it('of nothing and of one is what it must be', () => {
    expect([...randperm(0, 1)]).toEqual([]);
    expect([...randperm(1, 1)]).toEqual([0]);
  });
});

describe('Mt19937', () => {
  it('draws the published first numbers of seed 5489', () => {
    const generator = new Mt19937(5489);
    expect([generator.nextUint32(), generator.nextUint32()]).toEqual([3499211612, 581869302]);
  });

  it('draws the published ten thousandth number of seed 5489', () => {
    const generator = new Mt19937(5489);
    for (let i = 0; i < 9999; i++) generator.nextUint32();
    expect(generator.nextUint32()).toBe(4123659995);
  });
});

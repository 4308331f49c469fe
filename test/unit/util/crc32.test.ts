import { crc32 as nodeCrc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { Crc32, crc32c } from '#util/crc32.ts';

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * i + 7 * i) % 251);

it('gives the published check values', () => {
  const crc = new Crc32();
  crc.update(new TextEncoder().encode('123456789'));
  expect(crc.digest()).toBe(0xcbf43926);
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

it('gives the same in pieces of any size as in one', () => {
  expect(new Crc32().digest()).toBe(0);
  for (const size of [1, 3, 7, 8, 9, 64, 999]) {
    const crc = new Crc32();
    for (let start = 0; start < bytes.length; start += size) crc.update(bytes.subarray(start, start + size));
    expect(crc.digest()).toBe(nodeCrc32(bytes));
  }
});

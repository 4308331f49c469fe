import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sha256 } from '#util/sha256.ts';

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

describe('Sha256', () => {
  it('gives the digests of FIPS 180-4', () => {
    const sum = new Sha256();
    sum.update(new TextEncoder().encode('abc'));
    expect(sum.digest()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(new Sha256().digest()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it.each([1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 100_003])('%i bytes, in pieces of any size', (length) => {
    const bytes = bytesOf(length);
    const sum = new Sha256();
    for (let at = 0, size = 1; at < length; at += size, size = (size * 7) % 513) {
      size ||= 1;
      sum.update(bytes.subarray(at, at + size));
    }
    expect(sum.digest()).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});

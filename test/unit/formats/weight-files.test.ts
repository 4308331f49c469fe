import { describe, expect, it } from 'vitest';
import { openWeights } from '#formats/weight-files.ts';
import { safetensorsFile } from './make-safetensors.ts';

const first = safetensorsFile({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, [Float32Array.of(1, 2)]);
const second = safetensorsFile({ b: { dtype: 'BF16', shape: [1, 1], data_offsets: [0, 2] } }, [Uint16Array.of(0x3f80)]);
const index = (weightMap: object): Blob =>
  new Blob([JSON.stringify({ metadata: { total_size: 10 }, weight_map: weightMap })]);
const SHARDS = { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' };

describe('openWeights', () => {
  it('opens one file', async () => {
    const weights = await openWeights(new Map([['model.safetensors', first]]));
    expect(weights.names).toEqual(['a']);
    expect(weights.shapeOf('a')).toEqual([2]);
    expect([...(await weights.readFloat32('a'))]).toEqual([1, 2]);
    expect(weights.byteLength).toBe(first.size);
    expect(weights.has('b')).toBe(false);
    expect(() => weights.shapeOf('b')).toThrow(/no tensor named b/);
  });

  it('opens shards', async () => {
    const weights = await openWeights(
      new Map([
        ['model.safetensors.index.json', index(SHARDS)],
        [SHARDS.a, first],
        [SHARDS.b, second],
      ]),
    );
    expect(weights.names).toEqual(['a', 'b']);
    expect(weights.dtypeOf('b')).toBe('BF16');
    expect([...(await weights.readFloat32('b'))]).toEqual([1]);
    expect(weights.byteLength).toBe(first.size + second.size);
  });

  it.each<[string, Map<string, Blob>, string, RegExp]>([
    [
      'a missing shard',
      new Map([
        ['model.safetensors.index.json', index(SHARDS)],
        [SHARDS.a, first],
      ]),
      'E-MODEL-WEIGHTS',
      /1 of 2 weight files are missing: model-00002-of-00002/,
    ],
    [
      'a tensor that its shard lacks',
      new Map([
        ['model.safetensors.index.json', index({ ...SHARDS, c: SHARDS.b })],
        [SHARDS.a, first],
        [SHARDS.b, second],
      ]),
      'E-MODEL-WEIGHTS',
      /holds tensor c, but it does not/,
    ],
    [
      'an index without a map',
      new Map([['model.safetensors.index.json', new Blob(['{}'])]]),
      'E-MODEL-FORMAT',
      /no weight_map/,
    ],
    [
      'an index that is not JSON',
      new Map([['model.safetensors.index.json', new Blob(['{'])]]),
      'E-MODEL-FORMAT',
      /not valid JSON/,
    ],
    [
      'weights of another name',
      new Map([['other.safetensors', first]]),
      'E-MODEL-WEIGHTS',
      /neither model\.safetensors nor/,
    ],
  ])('refuses %s', async (_, files, code, message) => {
    const failure = openWeights(files);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code });
  });
});

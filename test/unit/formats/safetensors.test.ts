import { describe, expect, it } from 'vitest';
import {
  orderTensors,
  readSafetensorsHeader,
  readTensorAsFloat32,
  safetensorsHeaderBytes,
} from '#formats/safetensors.ts';
import { safetensorsFile } from './make-safetensors.ts';

const F32 = Float32Array.of(1.5, -2, 0.25, 8, 1e-3, 7);

function good(): Blob {
  return safetensorsFile(
    {
      a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
      h: { dtype: 'F16', shape: [2], data_offsets: [24, 28] },
      b: { dtype: 'BF16', shape: [2], data_offsets: [28, 32] },
      ids: { dtype: 'I64', shape: [1, 2], data_offsets: [32, 48] },
      scalar: { dtype: 'F64', shape: [], data_offsets: [48, 56] },
      none: { dtype: 'F32', shape: [0, 4], data_offsets: [56, 56] },
      mask: { dtype: 'BOOL', shape: [4], data_offsets: [56, 60] },
      __metadata__: { format: 'pt' },
    },
    [
      F32,
      Uint16Array.of(0x3c00, 0xc000),
      Uint16Array.of(0x3f80, 0xc000),
      BigInt64Array.of(3n, 511n),
      Float64Array.of(0.1),
      new Uint8Array(4),
    ],
  );
}

const read = (blob: Blob) => readSafetensorsHeader(blob, 'model.safetensors');

describe('readSafetensorsHeader', () => {
  it('lists tensors with dtype, shape and place', async () => {
    const header = await read(good());
    expect([...header.entries.keys()]).toEqual(['a', 'h', 'b', 'ids', 'scalar', 'none', 'mask']);
    expect(header.entries.get('h')).toEqual({ name: 'h', dtype: 'F16', shape: [2], begin: 24, end: 28 });
    expect(header.metadata).toEqual({ format: 'pt' });
  });

  const a = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const data = [new Uint8Array(16)];
  it.each<[string, Blob | (() => Promise<Blob>), RegExp]>([
    ['an empty file', new Blob([]), /has 0 bytes and is cut off before its header/],
    [
      'a file cut off in the header',
      good().slice(0, 100),
      /header should be \d+ bytes long, but the file has only 100 bytes/,
    ],
    [
      'a file cut off in the data',
      good().slice(0, good().size - 10),
      /tensor \w+ ends at byte \d+ of the data.*cut off/,
    ],
    [
      'a huge header length',
      new Blob([BigUint64Array.of(2n ** 40n), new Uint8Array(64)]),
      /header of 1099511627776 bytes/,
    ],
    ['a header that is not JSON', new Blob([BigUint64Array.of(8n), 'not json']), /header is not JSON/],
    ['a header that is a list', new Blob([BigUint64Array.of(2n), '[]']), /not an object/],
    [
      'overlapping tensors',
      safetensorsFile({ a, b: { ...a, data_offsets: [4, 12] } }, data),
      /bytes of tensor b overlap those of tensor a/,
    ],
    [
      'a gap',
      safetensorsFile({ a, b: { ...a, data_offsets: [12, 20] } }, data),
      /gap of 4 bytes between tensor a and tensor b/,
    ],
    [
      'a gap at the start',
      safetensorsFile({ a: { ...a, data_offsets: [8, 16] } }, data),
      /gap of 8 bytes between the header and tensor a/,
    ],
    [
      'offsets beyond the file',
      safetensorsFile({ a: { dtype: 'F32', shape: [8], data_offsets: [0, 32] } }, data),
      /tensor a ends at byte 32/,
    ],
    ['bytes left over', safetensorsFile({ a }, data), /8 bytes after tensor a belong to no tensor/],
    [
      'a size unlike the shape',
      safetensorsFile({ a: { ...a, shape: [3] } }, data),
      /tensor a of shape \[3\] and dtype F32 needs 12 bytes, but its data_offsets hold 8/,
    ],
    ['an unknown dtype', safetensorsFile({ a: { ...a, dtype: 'Q4' } }, data), /tensor a has the unknown dtype Q4/],
    ['a negative shape', safetensorsFile({ a: { ...a, shape: [-2] } }, data), /tensor a has no valid dtype and shape/],
    [
      'offsets backwards',
      safetensorsFile({ a: { ...a, data_offsets: [8, 0] } }, data),
      /tensor a has the invalid data_offsets \[8,0\]/,
    ],
  ])('refuses %s', async (_, blob, message) => {
    const failure = read(blob as Blob);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({
      code: 'E-MODEL-FORMAT',
      where: expect.stringContaining('model.safetensors'),
    });
  });
});

describe('readTensorAsFloat32', () => {
  it.each([
    ['a', [...F32]],
    ['h', [1, -2]],
    ['b', [1, -2]],
    ['ids', [3, 511]],
    ['scalar', [Math.fround(0.1)]],
    ['none', []],
  ])('reads %s', async (name, expected) => {
    const blob = good();
    expect([...(await readTensorAsFloat32(blob, await read(blob), name))]).toEqual(expected);
  });

  it('refuses what can not be trained, and what is not there', async () => {
    const blob = good();
    const header = await read(blob);
    await expect(readTensorAsFloat32(blob, header, 'mask')).rejects.toThrow(/tensor mask has dtype BOOL/);
    await expect(readTensorAsFloat32(blob, header, 'nope')).rejects.toThrow(
      expect.objectContaining({ code: 'E-MODEL-WEIGHTS' }),
    );
  });
});

describe('safetensorsHeaderBytes', () => {
  const tensors = [
    { name: 'z', dtype: 'F16', shape: [1], byteLength: 2 },
    { name: 'b.weight', dtype: 'F32', shape: [2], byteLength: 8 },
    { name: 'B', dtype: 'F32', shape: [], byteLength: 4 },
  ] as const;

  it('orders by width, then name', () => {
    expect(orderTensors(tensors).map(({ name }) => name)).toEqual(['B', 'b.weight', 'z']);
  });

  it('makes a file that reads back', async () => {
    const bytes = safetensorsHeaderBytes(tensors);
    const header = await read(new Blob([bytes, Float32Array.of(1, 2, 3), Uint16Array.of(0x4000)]));
    expect(header.dataStart % 8).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(8))).toMatch(/^\{"__metadata__":\{"format":"pt"\},.*\} *$/);
    expect([...header.entries.values()].map(({ name, begin, end }) => [name, begin, end])).toEqual([
      ['B', 0, 4],
      ['b.weight', 4, 12],
      ['z', 12, 14],
    ]);
  });

  it('refuses a size that contradicts the shape', () => {
    expect(() => safetensorsHeaderBytes([{ name: 'a', dtype: 'F32', shape: [2], byteLength: 4 }])).toThrow(
      /a of shape \[2\]/,
    );
  });
});

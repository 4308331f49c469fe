// Archives of torch (test/fixtures/generate/torch_archives.py): read, written and read again, damaged in every place.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type PickleSource, readTorchPickle } from '#formats/torch-pickle-reader.ts';
import { writeTorchPickle } from '#formats/torch-pickle-writer.ts';
import { readTorchArchive, readTorchTensor } from '#formats/torch-reader.ts';
import {
  isTensor,
  OrderedDict,
  TorchFloat,
  type TorchKey,
  TorchTuple,
  type TorchValue,
  tensorOf,
} from '#formats/torch-values.ts';
import { torchArchive } from '#formats/torch-writer.ts';
import { zipStream } from '#formats/zip-stream.ts';
import { Mt19937 } from '#util/mt19937.ts';
import { StudioError } from '#util/studio-error.ts';
import { fixtureFolder } from '../../setup/fixtures.ts';

const fixture = (name: string): Blob => new Blob([readFileSync(`${fixtureFolder('torch')}/${name}`)]);

/** Everything of a value as plain data, with the elements of tensors as hex. */
async function plain(value: TorchValue): Promise<unknown> {
  if (value instanceof TorchTuple) return { tuple: await plain([...value.items]) };
  if (isTensor(value)) {
    const { shape, storage } = value;
    return { dtype: storage.dtype, shape, hex: Buffer.from(await readTorchTensor(value)).toString('hex') };
  }
  if (value instanceof Map) {
    const entries = await Promise.all([...value].map(async ([key, each]) => [key, await plain(each)] as const));
    return { kind: value instanceof OrderedDict ? 'OrderedDict' : 'dict', entries };
  }
  return Array.isArray(value) ? Promise.all(value.map((each: TorchValue) => plain(each))) : value;
}

async function written(value: TorchValue): Promise<Blob> {
  const archive = torchArchive(value, 'archive');
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of archive.chunks()) parts.push(Uint8Array.from(chunk));
  const blob = new Blob(parts);
  expect(blob.size).toBe(archive.byteLength);
  return blob;
}

async function dictIn(name: string): Promise<ReadonlyMap<TorchKey, TorchValue>> {
  const value = await readTorchArchive(fixture(name), name);
  expect(value).toBeInstanceOf(Map);
  return value as ReadonlyMap<TorchKey, TorchValue>;
}

async function floats(value: TorchValue | undefined): Promise<number[]> {
  expect(isTensor(value)).toBe(true);
  return isTensor(value) ? [...new Float32Array((await readTorchTensor(value)).buffer)] : [];
}

async function faultOf(work: () => unknown): Promise<StudioError> {
  try {
    await work();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(StudioError);
    return thrown as StudioError;
  }
  throw new Error('nothing was thrown');
}

describe('reading what torch wrote', () => {
  it('gives Python its values', async () => {
    const values = await dictIn('values.pt');
    expect([values.get('none'), values.get('true'), values.get('false')]).toEqual([null, true, false]);
    expect([values.get('text'), values.get('empty')]).toEqual(['naïve 🙂\n', '']);
    expect(values.get('ints')).toEqual([
      0,
      255,
      256,
      65535,
      65536,
      -1,
      -(2 ** 31),
      2 ** 31,
      2 ** 40,
      -(2 ** 40),
      Number.MAX_SAFE_INTEGER,
    ]);
    expect((values.get('floats') as TorchTuple).items).toEqual([0.1, -0, 1e300, Infinity, -Infinity, 5]);
    expect(await plain(values.get('tuples')!)).toEqual({
      tuple: [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]].map((tuple) => ({ tuple })),
    });
    const nested = values.get('nested') as Map<TorchKey, TorchValue>;
    expect([...nested.keys()]).toEqual([0, '0']);
    expect(nested.get('0')).toEqual(
      new OrderedDict([
        ['x', 1],
        ['y', new OrderedDict()],
      ]),
    );
    expect(await plain(nested.get(0)!)).toEqual({
      kind: 'dict',
      entries: [['a', [1, { tuple: [2, { kind: 'dict', entries: [['b', null]] }] }]]],
    });
    expect(values.get('lists')).toEqual([[], [1], Array.from({ length: 1200 }, (_, i) => i)]);
  });

  it('gives tensors of every dtype', async () => {
    const values = await dictIn('values.pt');
    const hex = async (name: string) =>
      (await plain(values.get(name)!)) as { dtype: string; shape: number[]; hex: string };
    expect(await floats(values.get('float32'))).toEqual([1.5, -2.25, Math.fround(3e38), 0, -0, Math.fround(1e-40)]);
    expect(await hex('float16')).toEqual({ dtype: 'float16', shape: [4], hex: '003e80c0ff7b0100' });
    expect(await hex('bfloat16')).toEqual({ dtype: 'bfloat16', shape: [3], hex: 'c03f10c0627f' });
    expect(await hex('int64')).toEqual({ dtype: 'int64', shape: [2], hex: '0000000000010000fdffffffffffffff' });
    expect(await hex('int32')).toEqual({ dtype: 'int32', shape: [2, 1], hex: '07000000f8ffffff' });
    expect(await hex('bool')).toEqual({ dtype: 'bool', shape: [3], hex: '010001' });
    expect(await hex('scalar')).toEqual({ dtype: 'float32', shape: [], hex: '00004040' });
    expect(await hex('none_of_it')).toEqual({ dtype: 'float32', shape: [0, 3], hex: '' });
  });

  it('follows offsets and strides into a storage that tensors share', async () => {
    const values = await dictIn('values.pt');
    const base = Array.from({ length: 24 }, (_, i) => i / 8);
    const at = (indices: number[]): number[] => indices.map((i) => base[i]!);
    expect(await floats(values.get('base'))).toEqual(base);
    expect(await floats(values.get('row'))).toEqual(base.slice(12, 18));
    expect(await floats(values.get('column'))).toEqual(at([1, 7, 13, 19]));
    expect(await floats(values.get('strided'))).toEqual(at([6, 9, 18, 21]));
    expect(await floats(values.get('transposed'))).toEqual(
      Array.from({ length: 24 }, (_, i) => base[(i % 4) * 6 + Math.floor(i / 4)]!),
    );
    expect(await floats(values.get('expanded'))).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('reads an optimizer and a schedule', async () => {
    const optimizer = await dictIn('optimizer.pt');
    const groups = optimizer.get('param_groups') as Map<TorchKey, TorchValue>[];
    expect(groups.map((group) => [group.get('weight_decay'), group.get('params')])).toEqual([
      [0.1, [0]],
      [0, [1]],
    ]);
    expect((groups[0]!.get('betas') as TorchTuple).items).toEqual([0.9, 0.999]);
    const state = optimizer.get('state') as Map<TorchKey, Map<TorchKey, TorchValue>>;
    expect([...state.keys()]).toEqual([0, 1]);
    expect(await floats(state.get(0)!.get('step'))).toEqual([3]);
    expect(state.get(0)!.get('exp_avg')).toMatchObject({ shape: [3, 5] });
    const scheduler = await dictIn('scheduler.pt');
    expect([scheduler.get('last_epoch'), scheduler.get('base_lrs')]).toEqual([3, [1e-3, 1e-3]]);
  });
});

describe('refusing', () => {
  it.each([
    ['evil.pt', 'it names __builtin__.print, which is not allowed.'],
    ['complex.pt', 'it names torch.ComplexFloatStorage, which is not allowed.'],
    ['module.pt', 'it names torch.nn.modules.linear.Linear, which is not allowed.'],
    ['legacy.pt', 'the format that torch had before version 1.6'],
  ])('%s', async (name, message) => {
    const fault = await faultOf(() => readTorchArchive(fixture(name), name));
    expect(fault.message).toContain(message);
    expect(fault).toMatchObject({ code: 'E-CHECKPOINT', safe: 'Nothing was loaded from it.' });
    if (name !== 'legacy.pt') expect(fault.where).toMatch(/, byte \d+ of data\.pkl$/);
  });

  it.each([
    ['a zip of something else', [{ name: 'a/b.txt', data: 'x' }], 'not written by torch.save'],
    ['no version', [{ name: 'a/data.pkl', data: '\x80\x02N.' }], 'not written by torch.save'],
    [
      'big-endian numbers',
      [
        { name: 'a/data.pkl', data: 'N.' },
        { name: 'a/version', data: '3\n' },
        { name: 'a/byteorder', data: 'big' },
      ],
      'big-endian',
    ],
  ])('%s', async (_, entries, message) => {
    const archive = await new Response(zipStream(entries)).blob();
    expect((await faultOf(() => readTorchArchive(archive, 'x.pt'))).message).toContain(message);
  });

  const TENSOR = 'ctorch._utils\n_rebuild_tensor_v2\n';
  const storage = (count: string) => `(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu${count}tQ`;
  it.each([
    ['a call of anything else', 'cbuiltins\neval\nX\x01\0\0\x001\x85R.', 'names builtins.eval'],
    ['a call of a value', 'N)R.', 'calls something that is not allowed'],
    ['BUILD', '}}b.', 'operation 0x62 is not allowed'],
    ['INST', '(icollections\nOrderedDict\n.', 'operation 0x69 is not allowed'],
    ['an extension code', '\x82\x01.', 'operation 0x82 is not allowed'],
    ['a text beyond the end', 'X\xff\xff\xff\x7fa.', 'cut off'],
    ['a whole number beyond all bounds', '\x8a\xff.', 'cut off'],
    ['a value that was never made', 'h\x05.', 'value 5 is used before it was made'],
    ['an empty stack', '.', 'a value is missing'],
    ['a mark as a value', '(.', 'a value is missing'],
    ['values left over', 'NN.', 'left over'],
    ['a name as a value', 'ccollections\nOrderedDict\n.', 'a name stands where a value is needed'],
    ['a name within a list', ']ccollections\nOrderedDict\na.', 'a name stands where a value is needed'],
    ['no end', 'N', 'cut off'],
    ['a key that is a list', '}]Ns.', 'neither a text nor a number'],
    ['an odd number of keys and values', '}(Nu.', 'what is no dict'],
    ['a list that holds itself', ']q\0h\0a.', 'nested more than 64 deep'],
    ['lists without end', `${']'.repeat(1000)}${'a'.repeat(999)}.`, 'nested more than 64 deep'],
    ['tuples without end', `)${'\x85'.repeat(100_000)}.`, 'nested more than 64 deep'],
    ['a tensor beyond its storage', `${TENSOR}(${storage('K\x02')}K\x00K\x03\x85K\x01\x85\x89)tR.`, 'reaches beyond'],
    ['a tensor that starts beyond', `${TENSOR}(${storage('K\x02')}K\x02K\x01\x85K\x01\x85\x89)tR.`, 'reaches beyond'],
    [
      'a tensor larger than the file',
      `${TENSOR}(${storage('K\x02')}K\x00J\0\0\0\x10\x85K\x00\x85\x89)tR.`,
      'larger than the file',
    ],
    [
      'a tensor of negative size',
      `${TENSOR}(${storage('K\x02')}K\x00J\xff\xff\xff\xff\x85K\x01\x85\x89)tR.`,
      'not described',
    ],
    ['a tensor without strides', `${TENSOR}(${storage('K\x02')}K\x00K\x01\x85)\x89)tR.`, 'not described as torch does'],
    ['a storage of negative size', `${storage('J\xff\xff\xff\xff')}.`, 'a storage is not described'],
  ])('%s', async (_, program, message) => {
    const bytes = Uint8Array.from(program, (character) => character.charCodeAt(0));
    const findStorage: PickleSource['findStorage'] = (__, dtype, length) =>
      tensorOf(dtype, [length], async function* () {}).storage;
    const fault = await faultOf(() =>
      readTorchPickle({ bytes, fileName: 'x.pt', findStorage, maxTensorBytes: 1_000_000 }),
    );
    expect(fault.message).toContain(message);
  });
});

describe('writing', () => {
  it.each(['values.pt', 'optimizer.pt', 'scheduler.pt'])('%s comes back as it was', async (name) => {
    const value = await readTorchArchive(fixture(name), name);
    const again = await readTorchArchive(await written(value), 'again.pt');
    expect(await plain(again)).toEqual(await plain(value));
  });

  it('keeps a storage that tensors share once', async () => {
    const shared = tensorOf('float32', [2, 2], async function* () {
      yield new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer);
    });
    const row = { ...shared, offset: 2, shape: [2], strides: [1] };
    const { storages } = writeTorchPickle([shared, row]);
    expect(storages).toHaveLength(1);
    const [first, second] = (await readTorchArchive(await written([shared, row]), 'x.pt')) as TorchValue[];
    expect(await floats(first)).toEqual([1, 2, 3, 4]);
    expect(await floats(second)).toEqual([3, 4]);
  });

  it('writes a whole number as a float where that is asked for', () => {
    const opcodes = (value: TorchValue) => writeTorchPickle(value).bytes[2];
    expect([opcodes(1), opcodes(new TorchFloat(1)), opcodes(1.5), opcodes(-0), opcodes(2 ** 60)]).toEqual([
      0x4b, 0x47, 0x47, 0x47, 0x47,
    ]);
  });
});

describe('damaged files', () => {
  const bytesOf = (name: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(readFileSync(`${fixtureFolder('torch')}/${name}`));

  /** Reads everything; a StudioError, or the very same values where the damage hit what nobody reads. */
  async function outcome(bytes: Uint8Array<ArrayBuffer>, expected: unknown): Promise<'refused' | 'same'> {
    try {
      expect(await plain(await readTorchArchive(new Blob([bytes]), 'x.pt'))).toEqual(expected);
      return 'same';
    } catch (thrown) {
      if (!(thrown instanceof StudioError)) throw thrown;
      expect(thrown.code).toBe('E-CHECKPOINT');
      return 'refused';
    }
  }

  it('with a flipped bit anywhere', async () => {
    const good = bytesOf('optimizer.pt');
    const expected = await plain(await readTorchArchive(new Blob([good]), 'x.pt'));
    let refused = 0;
    for (let at = 0; at < good.length; at++) {
      const bad = Uint8Array.from(good);
      bad[at]! ^= 1 << (at % 8);
      if ((await outcome(bad, expected)) === 'refused') refused += 1;
    }
    expect(refused).toBeGreaterThan(good.length / 3);
  }, 60_000);

  it('cut off anywhere', async () => {
    const good = bytesOf('values.pt');
    for (let length = 0; length < good.length; length += 7)
      expect(await outcome(good.slice(0, length), null)).toBe('refused');
  }, 60_000);

  it('with any bytes in the pickle, where no checksum helps', async () => {
    const random = new Mt19937(1);
    const pickle = writeTorchPickle(await readTorchArchive(fixture('values.pt'), 'values.pt'));
    const source = { fileName: 'x.pt', maxTensorBytes: 10_000 };
    for (let trial = 0; trial < 3000; trial++) {
      const bytes = Uint8Array.from(pickle.bytes);
      for (let flips = 1 + (random.nextUint32() % 3); flips > 0; flips--)
        bytes[random.nextUint32() % bytes.length] = random.nextUint32() % 256;
      try {
        readTorchPickle({
          ...source,
          bytes,
          findStorage: (key) => {
            const found = pickle.storages[Number(key)];
            if (!found) throw new StudioError('E-CHECKPOINT', `no storage ${key}`);
            return found;
          },
        });
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(StudioError);
      }
    }
  }, 60_000);
});

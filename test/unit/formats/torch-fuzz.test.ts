// Archives of torch that somebody or something has changed: read as they are, or refused with a StudioError. Never another
// error, an endless loop, or more memory than the file is worth.

import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { writeTorchPickle } from '#formats/torch-pickle-writer.ts';
import { readTorchArchive, readTorchTensor } from '#formats/torch-reader.ts';
import { isTensor, TORCH_DTYPES, type TorchTensor, TorchTuple, type TorchValue } from '#formats/torch-values.ts';
import { readZip } from '#formats/zip-reader.ts';
import { zipStream } from '#formats/zip-stream.ts';
import { Crc32 } from '#util/crc32.ts';
import { Mt19937 } from '#util/mt19937.ts';
import { StudioError } from '#util/studio-error.ts';
import { fixtureFolder } from '../../setup/fixtures.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const fixture = (name: string): Bytes => Uint8Array.from(readFileSync(`${fixtureFolder('torch')}/${name}`));
const latin1 = (text: string): Bytes => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Every tensor of a value once, however often it is mentioned. */
function tensorsIn(value: TorchValue, seen = new Set<TorchValue>()): TorchTensor[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  if (isTensor(value)) return [value];
  if (value instanceof TorchTuple) return value.items.flatMap((item) => tensorsIn(item, seen));
  if (value instanceof Map) return [...value.values()].flatMap((item: TorchValue) => tensorsIn(item, seen));
  return Array.isArray(value) ? value.flatMap((item: TorchValue) => tensorsIn(item, seen)) : [];
}

/** Reads everything there is. @returns the contents, or the code of the error. */
async function contents(archive: Blob): Promise<readonly string[] | string> {
  try {
    const tensors = tensorsIn(await readTorchArchive(archive, 'x.pt'));
    return await Promise.all(
      tensors.map(async (tensor) => {
        const bytes = await readTorchTensor(tensor);
        const elements = tensor.shape.reduce((product, n) => product * n, 1);
        expect(bytes.length).toBe(elements * TORCH_DTYPES[tensor.storage.dtype].bytes);
        expect(bytes.length).toBeLessThanOrEqual(archive.size);
        return Buffer.from(bytes).toString('hex');
      }),
    );
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    expect(thrown.message).toContain('x.pt');
    return thrown.code;
  }
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** One of the ways in which files break or are broken. */
function mutate(good: Bytes, random: Mt19937): Bytes {
  const below = (n: number): number => random.nextUint32() % n;
  const at = below(good.length);
  const bytes = Uint8Array.from(good);
  const span = bytes.slice(at, at + 1 + below(40));
  switch (below(7)) {
    case 0:
      bytes[at] = below(256);
      return bytes;
    case 1:
      return bytes.slice(0, at);
    case 2:
      return bytes.slice(at);
    case 3:
      return Uint8Array.of(...bytes.subarray(0, at), ...span, ...bytes.subarray(at));
    case 4:
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + span.length));
    case 5:
      bytes.set(span.subarray(0, bytes.length - span.length), below(bytes.length - span.length));
      return bytes;
    default:
      // A length or an offset that lies.
      new DataView(bytes.buffer).setUint32(Math.min(at, bytes.length - 4), EXTREMES[below(EXTREMES.length)]!, true);
      return bytes;
  }
}

describe('a changed archive', () => {
  it.each(['optimizer.pt', 'values.pt', 'scheduler.pt'])(
    '%s gives what it held, or nothing',
    async (name) => {
      const good = fixture(name);
      const expected = (await contents(new Blob([good]))) as readonly string[];
      const random = new Mt19937(7);
      const outcomes = new Map<string, number>();
      for (let trial = 0; trial < 250; trial++) {
        const outcome = await contents(new Blob([mutate(good, random)]));
        if (typeof outcome !== 'string') expect(outcome).toEqual(expected);
        const kind = typeof outcome === 'string' ? outcome : 'read';
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
      }
      expect([...outcomes.keys()].sort()).toEqual(['E-CHECKPOINT', 'read']);
      expect(outcomes.get('E-CHECKPOINT')).toBeGreaterThan(100);
    },
    60_000,
  );
});

describe('a pickle that was changed before it was packed', () => {
  /** An archive whose checksums are right, whatever is in it. */
  async function packed(pickle: Bytes, storages: readonly Bytes[]): Promise<Blob> {
    const bytesOf = async function* (bytes: Bytes) {
      yield bytes;
    };
    const files = [...storages.entries()].map(([i, bytes]) => ({ name: `a/data/${i}`, data: bytesOf(bytes) }));
    const archive = zipStream([
      { name: 'a/data.pkl', data: bytesOf(pickle) },
      { name: 'a/version', data: '3\n' },
      ...files,
    ]) as ReadableStream<Bytes>;
    return new Response(archive).blob();
  }

  /** Codes that pickles know, those that are read here among them. */
  const OPCODES = latin1(
    '(.0125FIJKLMNPQRSTUVXabcdeghijklopqrstu}]\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x93\x94\x95',
  );

  it('gives tensors that fit into it, or nothing', async () => {
    const value = await readTorchArchive(new Blob([fixture('values.pt')]), 'values.pt');
    const { bytes: good, storages } = writeTorchPickle(value);
    const parts = await Promise.all(
      storages.map(async (storage) => {
        const pieces: Bytes[] = [];
        for await (const piece of storage.chunks()) pieces.push(Uint8Array.from(piece));
        return new Uint8Array(await new Blob(pieces).arrayBuffer());
      }),
    );
    expect(await contents(await packed(Uint8Array.from(good), parts))).not.toBe('E-CHECKPOINT');
    const random = new Mt19937(11);
    let refused = 0;
    for (let trial = 0; trial < 400; trial++) {
      let pickle = Uint8Array.from(good);
      if (trial % 2 === 0) pickle = mutate(pickle, random);
      else
        for (let changes = 1 + (random.nextUint32() % 4); changes > 0; changes--)
          pickle[random.nextUint32() % pickle.length] = OPCODES[random.nextUint32() % OPCODES.length]!;
      if ((await contents(await packed(pickle, parts))) === 'E-CHECKPOINT') refused += 1;
    }
    expect(refused).toBeGreaterThan(200);
  }, 60_000);

  it.each([
    ['os.system', 'cos\nsystem\nX\x02\0\0\0ls\x85R.'],
    ['posix.system', 'cposix\nsystem\n.'],
    ['builtins.eval', 'cbuiltins\neval\nX\x01\0\0\x001\x85R.'],
    ['builtins.exec', '}cbuiltins\nexec\nNs.'],
    ['builtins.getattr', '(cbuiltins\ngetattr\ncos\nsystem\nt.'],
    ['subprocess.Popen', ']csubprocess\nPopen\na.'],
    ['torch.load', 'ctorch\nload\nX\x01\0\0\0x\x85R.'],
    ['torch.serialization._get_layout', 'ctorch.serialization\n_get_layout\n.'],
    ['torch._utils._rebuild_parameter', 'ctorch._utils\n_rebuild_parameter\n.'],
    ['collections.Counter', 'ccollections\nCounter\n)R.'],
    ['collections.OrderedDict.update', 'ccollections\nOrderedDict.update\n.'],
    ['_codecs.encode', 'c_codecs\nencode\n.'],
  ])('is refused by the name %s', async (name, program) => {
    const failure = readTorchArchive(await packed(latin1(`\x80\x02${program}`), []), 'x.pt');
    await expect(failure).rejects.toMatchObject({
      code: 'E-CHECKPOINT',
      message: `x.pt: it names ${name}, which is not allowed.`,
    });
  });

  it.each([
    ['a name from the stack', 'X\x02\0\0\0osX\x06\0\0\0system\x93.', 'operation 0x93 is not allowed'],
    ['an object built by its class', 'ccollections\nOrderedDict\n)\x81.', 'operation 0x81 is not allowed'],
    ['a persistent id that is a line', 'P0\n.', 'operation 0x50 is not allowed'],
    ['a persistent id that is a text', 'X\x01\0\0\x000Q.', 'a storage is not described as torch does'],
    [
      'a persistent id of another kind',
      '(X\x06\0\0\0moduleX\x01\0\0\x000X\x01\0\0\x000tQ.',
      'a storage is not described as torch does',
    ],
    ['an OrderedDict of arguments', 'ccollections\nOrderedDict\n]\x85R.', 'made in a way that is not allowed'],
    ['a call of a storage class', 'ctorch\nFloatStorage\n)R.', 'calls something that is not allowed'],
    ['dicts without number', '}'.repeat(2_000_000), 'more than 1,000,000 lists, dicts, tuples'],
    ['a list of dicts without number', `]${'}a'.repeat(1_500_000)}.`, 'more than 1,000,000 lists, dicts, tuples'],
    ['a list of tuples without number', `]${'N\x85a'.repeat(1_500_000)}.`, 'more than 1,000,000 lists, dicts, tuples'],
  ])('%s is refused', async (_, program, message) => {
    const failure = readTorchArchive(await packed(latin1(program), []), 'x.pt');
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(StudioError);
  });

  it('that doubles a value again and again takes no time', async () => {
    // Forty pairs, each of which holds the one before it twice.
    expect(await contents(await packed(latin1(`N${'q\0h\0\x86'.repeat(40)}.`), []))).toEqual([]);
  });
});

describe('an archive that lies about sizes', () => {
  const SIGNATURE = { local: 0x04034b50, directory: 0x02014b50, end: 0x06054b50 };

  /** A zip of one deflated file that says it has `declared` bytes. */
  function deflated(content: Bytes, declared: number): Bytes {
    const body = deflateRawSync(content);
    const crc = new Crc32();
    crc.update(content);
    const name = latin1('model/config.json');
    const header = (signature: number, length: number, skipped: number): DataView => {
      const view = new DataView(new ArrayBuffer(length));
      view.setUint32(0, signature, true);
      view.setUint16(skipped + 4, 8, true);
      view.setUint32(skipped + 10, crc.digest(), true);
      view.setUint32(skipped + 14, body.length, true);
      view.setUint32(skipped + 18, declared, true);
      view.setUint16(skipped + 22, name.length, true);
      return view;
    };
    const local = header(SIGNATURE.local, 30, 4);
    const directory = header(SIGNATURE.directory, 46, 6);
    const offset = 30 + name.length + body.length;
    const end = new DataView(new ArrayBuffer(22));
    end.setUint32(0, SIGNATURE.end, true);
    end.setUint32(12, 46 + name.length, true);
    end.setUint32(16, offset, true);
    const parts = [local.buffer, name, body, directory.buffer, name, end.buffer];
    return Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part as ArrayBuffer))));
  }

  it('an entry that says the truth is unpacked', async () => {
    const [item] = await readZip(new Blob([deflated(new Uint8Array(1000), 1000)]), 'm.zip');
    expect((await item!.open()).size).toBe(1000);
  });

  it.each([
    ['more than it says', 50_000_000, 1000],
    ['less than it says', 1000, 2000],
  ])('an entry that unpacks to %s is refused', async (_, actual, declared) => {
    const [item] = await readZip(new Blob([deflated(new Uint8Array(actual), declared)]), 'm.zip');
    await expect(item!.open()).rejects.toMatchObject({ code: 'E-MODEL-FORMAT', where: 'm.zip' });
  });

  it('a checkpoint may not be compressed at all', async () => {
    const archive = new Blob([deflated(new Uint8Array(50_000_000), 50_000_000)]);
    expect(await contents(archive)).toBe('E-CHECKPOINT');
  });
});

import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readZip } from '#formats/zip-reader.ts';
import { type ZipEntry, zipStream } from '#formats/zip-stream.ts';

const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
const weights = Uint8Array.from({ length: 70_000 }, (_, i) => (i * i) % 251);

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const entries = (): ZipEntry[] => [
  { name: 'model/config.json', data: '{"é": 1}' },
  { name: 'model/empty.txt', data: '' },
  { name: 'model/model.safetensors', size: weights.length, data: inPieces(weights, 999) },
];

const collect = (stream: ReadableStream<Uint8Array>): Promise<Blob> =>
  new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob();

describe('zipStream and readZip', () => {
  it('give back what was put in', async () => {
    const items = await readZip(await collect(zipStream(entries())), 'run.zip');
    expect(items.map(({ path }) => path)).toEqual(['model/config.json', 'model/empty.txt', 'model/model.safetensors']);
    expect(await (await items[0]!.open()).text()).toBe('{"é": 1}');
    expect((await items[1]!.open()).size).toBe(0);
    expect(new Uint8Array(await (await items[2]!.open()).arrayBuffer())).toEqual(weights);
  });

  it('pull their sources only as they are read', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulled++;
        yield new Uint8Array(1 << 16);
      }
    }
    const reader = zipStream([{ name: 'large', data: endless() }]).getReader();
    for (let i = 0; i < 10; i++) await reader.read();
    expect(pulled).toBeLessThan(20);
    await expect(reader.cancel(new Error('enough'))).rejects.toThrow('enough');
  });

  it('fail with the error of a source', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield text('some');
      throw new Error('the tensor is damaged');
    }
    await expect(collect(zipStream([{ name: 'a', data: broken() }]))).rejects.toThrow('the tensor is damaged');
  });

  it('write an archive that another library reads', async () => {
    const archive = new Uint8Array(await (await collect(zipStream(entries()))).arrayBuffer());
    expect(unzipSync(archive)['model/model.safetensors']).toEqual(weights);
  });
});

describe('readZip', () => {
  const packed = (): Blob =>
    new Blob([
      zipSync(
        { model: { 'config.json': text('{}'.repeat(500)), 'vocab.txt': [text('abc'), { level: 0 }] } },
        { comment: 'made by hand' },
      ),
    ]);

  it('inflates', async () => {
    const items = await readZip(packed(), 'm.zip');
    const contents = await Promise.all(items.map(async (item) => [item.path, await (await item.open()).text()]));
    expect(contents).toEqual([
      ['model/config.json', '{}'.repeat(500)],
      ['model/vocab.txt', 'abc'],
    ]);
  });

  it.each([
    ['cut off', () => packed().slice(0, 80)],
    ['not a zip', () => new Blob(['hello, this is a text file'])],
    ['empty', () => new Blob([])],
    ['without its beginning', () => packed().slice(60)],
  ])('refuses an archive that is %s', async (_, make) => {
    await expect(readZip(make(), 'm.zip')).rejects.toMatchObject({
      code: 'E-MODEL-FORMAT',
      message: 'm.zip: the zip archive is cut off or damaged.',
    });
  });

  it('names an entry whose bytes are damaged', async () => {
    const bytes = new Uint8Array(await packed().arrayBuffer());
    bytes.fill(0xff, 86, 90);
    const [config] = await readZip(new Blob([bytes]), 'm.zip');
    await expect(config!.open()).rejects.toThrow(/model\/config\.json can not be unpacked/);
  });

  it('refuses an encrypted entry', async () => {
    const bytes = new Uint8Array(await packed().arrayBuffer());
    const directory = bytes.findLastIndex(
      (_, i) => bytes[i] === 0x50 && bytes[i + 1] === 0x4b && bytes[i + 2] === 1 && bytes[i + 3] === 2,
    );
    bytes[directory + 8]! |= 1;
    const items = await readZip(new Blob([bytes]), 'm.zip');
    await expect(items[1]!.open()).rejects.toThrow(/vocab\.txt is encrypted/);
  });
});

// Safetensors files of every form, and files that somebody or something has changed: read right, or refused with a
// StudioError.

import { describe, expect, it } from 'vitest';
import { readSafetensorsHeader, readTensorAsFloat32, type SafetensorsDtype } from '#formats/safetensors.ts';
import { bfloat16ToFloat32, halfToFloat32 } from '#util/half.ts';
import { Mt19937 } from '#util/mt19937.ts';
import { StudioError } from '#util/studio-error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** What a tensor of each dtype is as float32; null where it can not be trained. */
const READ: Readonly<Record<SafetensorsDtype, { bytes: number; read: ((bytes: Bytes) => ArrayLike<number>) | null }>> =
  {
    F32: { bytes: 4, read: (bytes) => new Float32Array(bytes.buffer) },
    F16: { bytes: 2, read: (bytes) => halfToFloat32(new Uint16Array(bytes.buffer)) },
    BF16: { bytes: 2, read: (bytes) => bfloat16ToFloat32(new Uint16Array(bytes.buffer)) },
    F64: { bytes: 8, read: (bytes) => new Float32Array(new Float64Array(bytes.buffer)) },
    I64: { bytes: 8, read: (bytes) => Float32Array.from(new BigInt64Array(bytes.buffer), Number) },
    BOOL: { bytes: 1, read: null },
    U8: { bytes: 1, read: null },
    I8: { bytes: 1, read: null },
    F8_E4M3: { bytes: 1, read: null },
    F8_E5M2: { bytes: 1, read: null },
    U16: { bytes: 2, read: null },
    I16: { bytes: 2, read: null },
    U32: { bytes: 4, read: null },
    I32: { bytes: 4, read: null },
    U64: { bytes: 8, read: null },
    C64: { bytes: 8, read: null },
  };
const DTYPES = Object.keys(READ) as SafetensorsDtype[];

interface Made {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly bytes: Bytes;
}

function fileOf(tensors: readonly Made[], header: string): Blob {
  const json = new TextEncoder().encode(header);
  return new Blob([BigUint64Array.of(BigInt(json.length)), json, ...tensors.map(({ bytes }) => bytes)]);
}

/** Tensors of any dtype and shape, side by side without regard to alignment. */
function makeTensors(random: Mt19937): Made[] {
  const below = (n: number): number => random.nextUint32() % n;
  return Array.from({ length: 1 + below(6) }, (_, i) => {
    const dtype = DTYPES[below(DTYPES.length)]!;
    const shape = Array.from({ length: below(4) }, () => below(4));
    const size = shape.reduce((product, n) => product * n, READ[dtype].bytes);
    return { name: ['w', '', 'ü', '__proto__', 'a.b', '"'][i]!, dtype, shape, bytes: randomBytes(size, below) };
  });
}

const randomBytes = (size: number, below: (n: number) => number): Bytes =>
  Uint8Array.from({ length: size }, () => below(256));

/** The header's members in any order, with any padding. */
function headerOf(tensors: readonly Made[], random: Mt19937): string {
  let position = 0;
  const members = tensors.map(({ name, dtype, shape, bytes }) => {
    const offsets = [position, position + bytes.length];
    position += bytes.length;
    return `${JSON.stringify(name)}: ${JSON.stringify({ dtype, shape, data_offsets: offsets })}`;
  });
  if (random.nextUint32() % 2) members.push('"__metadata__": {"format": "pt"}');
  members.sort(() => (random.nextUint32() % 2 ? 1 : -1));
  return `{${members.join(',')}}${' '.repeat(random.nextUint32() % 9)}`;
}

describe('a sound file', () => {
  it('of any order, dtype, shape and padding is read right', async () => {
    const random = new Mt19937(3);
    for (let trial = 0; trial < 200; trial++) {
      const tensors = makeTensors(random);
      const file = fileOf(tensors, headerOf(tensors, random));
      const header = await readSafetensorsHeader(file, 'x.safetensors');
      expect([...header.entries.keys()].sort()).toEqual(tensors.map(({ name }) => name).sort());
      for (const { name, dtype, shape, bytes } of tensors) {
        expect(header.entries.get(name)).toMatchObject({ dtype, shape });
        const { read } = READ[dtype];
        const reading = readTensorAsFloat32(file, header, name);
        if (read) expect(Array.from(await reading)).toEqual(Array.from(read(bytes)));
        else await expect(reading).rejects.toMatchObject({ code: 'E-MODEL-FORMAT' });
      }
    }
  });
});

/** Reads everything. @returns its names, or the code of the error. */
async function outcome(file: Blob): Promise<readonly string[] | string> {
  try {
    const header = await readSafetensorsHeader(file, 'x.safetensors');
    for (const [name, { dtype, shape }] of header.entries) {
      if (!READ[dtype].read) continue;
      const elements = shape.reduce((product, n) => product * n, 1);
      expect(await readTensorAsFloat32(file, header, name)).toHaveLength(elements);
    }
    return [...header.entries.keys()];
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    expect(thrown.message.length).toBeLessThan(1000);
    return thrown.code;
  }
}

const EXTREMES = ['-1', '0', '0.5', '1e999', '9007199254740993', '18446744073709551616', 'null', '"4"', '[]', '{}'];

describe('a changed file', () => {
  it('is read as it is or refused', async () => {
    const random = new Mt19937(5);
    const below = (n: number): number => random.nextUint32() % n;
    let refused = 0;
    for (let trial = 0; trial < 500; trial++) {
      const tensors = makeTensors(random);
      let header = headerOf(tensors, random);
      const numbers = [...header.matchAll(/\d+/g)];
      const lie = numbers[below(numbers.length)];
      // Half of them lie about a number; the others have bytes that are wrong, missing or too many.
      if (trial % 2 && lie)
        header =
          header.slice(0, lie.index) + EXTREMES[below(EXTREMES.length)]! + header.slice(lie.index + lie[0].length);
      const bytes = new Uint8Array(await fileOf(tensors, header).arrayBuffer());
      const at = below(bytes.length);
      const broken = [
        () => bytes.fill(below(256), at, at + 1),
        () => bytes.subarray(0, at),
        () => Uint8Array.of(...bytes, ...bytes.subarray(at)),
        () => Uint8Array.of(...bytes.subarray(0, at), below(256), ...bytes.subarray(at)),
        () => bytes.fill(0xff, at % 8, (at % 8) + 1),
      ][below(5)]!;
      const changed = trial % 2 ? bytes : Uint8Array.from(broken());
      if (typeof (await outcome(new Blob([changed]))) === 'string') refused += 1;
    }
    expect(refused).toBeGreaterThan(250);
  });

  const nested = '['.repeat(200_000) + ']'.repeat(200_000);
  it.each([
    ['a header that is a number', '4'],
    ['a header of nothing', ''],
    ['a tensor that is none', '{"a": null}'],
    ['a shape nested without end', `{"a": {"dtype": "F32", "shape": ${nested}, "data_offsets": [0, 4]}}`],
    ['offsets nested without end', `{"a": {"dtype": "F32", "shape": [1], "data_offsets": ${nested}}}`],
    ['a dtype nested without end', `{"a": {"dtype": ${nested}, "shape": [1], "data_offsets": [0, 4]}}`],
    ['a dtype without end', `{"a": {"dtype": "${'F'.repeat(100_000)}", "shape": [1], "data_offsets": [0, 4]}}`],
    ['a name without end', `{"${'a'.repeat(100_000)}": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}`],
    [
      'more dimensions than anybody needs',
      `{"a": {"dtype": "F32", "shape": [${'1,'.repeat(100_000)}2], "data_offsets": [0, 4]}}`,
    ],
    [
      'a size beyond all numbers',
      `{"a": {"dtype": "F32", "shape": [${'9007199254740991,'.repeat(30)}0], "data_offsets": [0, 4]}}`,
    ],
    ['a dtype that an object has by itself', '{"a": {"dtype": "constructor", "shape": [1], "data_offsets": [0, 4]}}'],
  ])('%s is refused', async (_, header) => {
    const file = fileOf([{ name: 'a', dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }], header);
    expect(await outcome(file)).toBe('E-MODEL-FORMAT');
  });
});

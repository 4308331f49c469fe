// A safetensors file taken apart without the project's own reader: the tests of what is written must not trust it.

/** Tensor name to raw bytes. */
export function* readTensorsOf(file: Uint8Array): Generator<[name: string, bytes: Uint8Array]> {
  const headerLength = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerLength))) as Record<
    string,
    { data_offsets?: [number, number] }
  >;
  for (const [name, { data_offsets: offsets }] of Object.entries(header)) {
    if (offsets) yield [name, file.subarray(8 + headerLength + offsets[0], 8 + headerLength + offsets[1])];
  }
}

// Makes safetensors files for tests, sound or damaged: the header is written as given.

export function safetensorsFile(header: object, data: readonly BlobPart[]): Blob {
  const json = new TextEncoder().encode(JSON.stringify(header));
  return new Blob([BigUint64Array.of(BigInt(json.length)), json, ...data]);
}

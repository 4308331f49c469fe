import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openModelFiles, type PathedFile } from '#formats/model-files.ts';

const bytes = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
const files = (...paths: string[]): PathedFile[] => paths.map((path) => ({ path, file: new Blob([path]) }));
const COMPLETE = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];

async function contents(dropped: readonly PathedFile[]): Promise<Record<string, string>> {
  const model = await openModelFiles(dropped);
  return Object.fromEntries(await Promise.all([...model].map(async ([name, blob]) => [name, await blob.text()])));
}

describe('openModelFiles', () => {
  it('takes single files', async () => {
    expect(Object.keys(await contents(files(...COMPLETE)))).toEqual(COMPLETE);
  });

  it('takes the shallowest folder with a config.json, without its prefix', async () => {
    const dropped = files(
      'm/1_Pooling/config.json',
      ...COMPLETE.map((name) => `m/${name}`),
      'm/.DS_Store',
      'm/onnx/model.onnx',
    );
    expect(await contents(dropped)).toEqual(Object.fromEntries(COMPLETE.map((name) => [name, `m/${name}`])));
  });

  it('opens a zip', async () => {
    const inside = Object.fromEntries(COMPLETE.map((name) => [name, bytes(`this is ${name}`)]));
    const archive = zipSync({ bert: inside, __MACOSX: { '._config.json': bytes('x') } });
    expect(await contents([{ path: 'bert.zip', file: new Blob([archive]) }])).toEqual(
      Object.fromEntries(COMPLETE.map((name) => [name, `this is ${name}`])),
    );
  });

  it.each([
    [
      'no config.json',
      files('model.safetensors', 'tokenizer.json'),
      'E-MODEL-CONFIG',
      /no config\.json.*Found: model\.safetensors, tokenizer\.json/,
    ],
    ['nothing', [], 'E-MODEL-CONFIG', /Found: nothing/],
    [
      'pickled weights only',
      files('config.json', 'tokenizer.json', 'pytorch_model.bin', 'training_args.bin'),
      'E-MODEL-FORMAT',
      /\(pytorch_model\.bin\).*reads safetensors/,
    ],
    ['a lone pickle', files('pytorch_model.bin'), 'E-MODEL-FORMAT', /pytorch_model\.bin/],
    ['no weights', files('config.json', 'tokenizer.json'), 'E-MODEL-WEIGHTS', /no model\.safetensors/],
    ['no tokenizer', files('config.json', 'model.safetensors'), 'E-TOKENIZER', /no tokenizer\.json/],
  ])('says what is wrong with %s', async (_, dropped, code, message) => {
    const failure = openModelFiles(dropped);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code, hint: expect.any(String) });
  });

  it('tells how to convert pickled weights', async () => {
    await expect(openModelFiles(files('pytorch_model.bin'))).rejects.toMatchObject({
      hint: expect.stringContaining('save_file('),
    });
  });
});

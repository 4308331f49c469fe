// The folder in which the runner lets a run leave for Python: whole or not at all.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTable } from '#formats/tabular.ts';
import { continueElsewhere } from '#headless/continue-elsewhere.ts';
import { readRunConfig } from '#headless/run-config.ts';
import { openModel } from '#worker/opened-model.ts';
import { folderFiles } from '../../setup/fixtures.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/lora-classification');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'leaves-'));
});
afterEach(() => rm(root, { recursive: true }));

async function runThatLeaves(checkpointFolder: string | null) {
  const config = await readRunConfig(join(EXAMPLE, 'run.json'));
  const model = await openModel(folderFiles(join(EXAMPLE, 'model')), 'model');
  const source = {
    train: await readTable(new Blob([await readFile(config.trainFile)]), 'train.jsonl'),
    validation: null,
    roles: config.roles,
    options: config.options,
    validationFraction: 0,
    splitSeed: 42,
    maxLength: 24,
    tokenizer: model.tokenizer,
    configLabels: model.labels,
  };
  const peft = { rank: 4, loraAlpha: 2, loraDropout: 0, targetModules: ['query'], modulesToSave: [], useRslora: false };
  return { config, source, model, peft, checkpointFolder };
}

it('takes the files of a checkpoint that Python reads, to the byte', async () => {
  const checkpoint = join(root, 'checkpoint-6');
  await mkdir(checkpoint);
  const bytes = Uint8Array.from({ length: 5_000_000 }, (_, i) => i % 251);
  const ours = ['progress.json', 'optimizer.safetensors'];
  const files = ['adapter_config.json', 'optimizer.pt', 'scheduler.pt', ...ours];
  for (const name of files) await writeFile(join(checkpoint, name), '{}');
  await writeFile(join(checkpoint, 'adapter_model.safetensors'), bytes);
  const target = join(root, 'folder');
  await continueElsewhere(target, await runThatLeaves(checkpoint));
  const written = join(target, 'checkpoint-6');
  const expected = ['adapter_config.json', 'adapter_model.safetensors', 'optimizer.pt', 'scheduler.pt'];
  expect((await readdir(written)).sort()).toEqual(expected);
  expect((await readFile(join(written, 'adapter_model.safetensors'))).equals(bytes)).toBe(true);
  expect((await readdir(root)).sort()).toEqual(['checkpoint-6', 'folder']);
});

it("takes the config's adapter, with the settings of the run", async () => {
  const target = join(root, 'folder');
  await continueElsewhere(target, await runThatLeaves(null));
  const config = JSON.parse(await readFile(join(target, 'adapter/adapter_config.json'), 'utf8'));
  expect(config).toMatchObject({ r: 4, lora_alpha: 2, target_modules: ['query'] });
  expect(await readFile(join(target, 'adapter/adapter_model.safetensors'))).toEqual(
    await readFile(join(EXAMPLE, 'adapter/adapter_model.safetensors')),
  );
  expect(await readFile(join(target, 'train.py'), 'utf8')).toContain('ADAPTER = HERE / "adapter"\n');
});

it('writes into no folder that has content', async () => {
  const written = continueElsewhere(root, await runThatLeaves(null));
  await expect(written).resolves.toBeUndefined();
  const again = continueElsewhere(root, await runThatLeaves(null));
  await expect(again).rejects.toMatchObject({ code: 'E-STORAGE', where: '--continue-elsewhere' });
});

it('leaves nothing behind where it can not write', async () => {
  await writeFile(join(root, 'file'), '');
  const refused = continueElsewhere(join(root, 'file/folder'), await runThatLeaves(null));
  await expect(refused).rejects.toMatchObject({ code: 'E-STORAGE' });
  expect(await readdir(root)).toEqual(['file']);
});

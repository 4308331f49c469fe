// push_to_hub in the runner, against a server that answers as the Hub does: what arrives with each strategy, in which
// commits, and that the access token is written nowhere.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { FakeHub } from '../setup/fake-hub.ts';
import type { FakeRepo } from '../setup/fake-hub-repos.ts';

const TOKEN = 'hf_TheTokenOfJulia';
const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = join(ROOT, 'test/examples/text-classification');
const MODEL = ['README.md', 'config.json', 'model.safetensors', 'trainer_state.json', 'training_args.json'];

const hub = new FakeHub();
let folder: string;
beforeAll(async () => {
  await hub.listen();
  hub.accounts.set(TOKEN, { name: 'julia', role: 'write' });
  hub.accounts.set('hf_reader', { name: 'reader', role: 'read' });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-push-'));
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(() => hub.close());

/** Into `moods`, six steps with a save every other, each of which is pushed. */
async function train(given: Record<string, unknown>, token = TOKEN, more: readonly string[] = []) {
  const config = JSON.parse(await readFile(join(EXAMPLE, 'run.json'), 'utf8'));
  for (const field of ['model', 'train_file', 'validation_file']) config[field] = join(EXAMPLE, config[field]);
  const pushing = { push_to_hub: true, hub_always_push: true, save_strategy: 'steps', save_steps: 2, max_steps: 6 };
  config.training_arguments = { ...config.training_arguments, ...pushing, eval_strategy: 'no', ...given };
  const path = join(folder, 'run.json');
  await writeFile(path, JSON.stringify(config));
  const args = [join(ROOT, 'src/headless/train.mjs'), '--config', path, '--output-dir', join(folder, 'moods'), ...more];
  const env = { ...process.env, HF_ENDPOINT: hub.url, HF_TOKEN: token };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** Everything that the run wrote. */
async function written(): Promise<Buffer[]> {
  const entries = await readdir(join(folder, 'moods'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name))));
}

/** A folder of a repository, as a person downloads it. */
async function download(repo: FakeRepo, name: string): Promise<string> {
  const place = join(folder, 'downloaded', name);
  await mkdir(place, { recursive: true });
  for (const [path, content] of repo.files)
    if (path.startsWith(`${name}/`)) await writeFile(join(place, path.slice(name.length + 1)), content);
  return place;
}

const onDisk = (path: string): Promise<Buffer> => readFile(join(folder, 'moods', path));

it('pushes the model at every save and at the end, and writes the token nowhere', async () => {
  const { code, stdout, stderr } = await train({ hub_private_repo: true });
  expect(code, stderr).toBe(0);
  const repo = hub.repo('model', 'julia/moods');
  expect(repo.private).toBe(true);
  expect(repo.messages).toEqual([
    'initial commit',
    'Training in progress, step 2',
    'Training in progress, step 4',
    'Training in progress, step 6',
    'End of training',
  ]);
  expect([...repo.files.keys()]).toEqual(expect.arrayContaining([...MODEL, 'tokenizer.json']));
  expect([...repo.files.keys()].filter((path) => path.includes('/') || path.endsWith('.pt'))).toEqual([]);
  expect(repo.files.get('model.safetensors')!.equals(await onDisk('model.safetensors'))).toBe(true);
  const second = [...repo.commits.values()][1]!;
  expect(second.get('model.safetensors')!.equals(await onDisk('checkpoint-2/model.safetensors'))).toBe(true);
  expect(stderr).toContain('Pushed checkpoint-4 to julia/moods.\n');
  expect(stderr).toContain('Pushed the final model to julia/moods.\n');
  const all = [...(await written()), ...repo.files.values(), Buffer.from(stdout + stderr)];
  expect(all.length).toBeGreaterThan(20);
  expect(all.some((content) => content.includes(TOKEN))).toBe(false);
});

it.each(['checkpoint', 'all_checkpoints'])('%s: what resuming needs goes into folders', async (hub_strategy) => {
  const hub_model_id = `julia/${hub_strategy}`;
  const { code, stderr } = await train({ hub_strategy, hub_model_id, hub_token: TOKEN, max_steps: 4 }, 'hf_reader');
  expect(code, stderr).toBe(0);
  const repo = hub.repo('model', hub_model_id);
  expect(repo.messages.slice(1)).toEqual([
    'Training in progress, step 2',
    'Training in progress, step 2, checkpoint',
    'Training in progress, step 4',
    'Training in progress, step 4, checkpoint',
    'End of training',
  ]);
  const paths = [...repo.files.keys()].filter((path) => path.includes('/'));
  const folders = hub_strategy === 'checkpoint' ? ['last-checkpoint'] : ['checkpoint-2', 'checkpoint-4'];
  expect([...new Set(paths.map((path) => path.split('/')[0]))]).toEqual(folders);
  const pushed = await download(repo, folders[0]!);
  const final = repo.files.get('model.safetensors')!;
  if (hub_strategy === 'all_checkpoints') {
    const more = await train({ push_to_hub: false, max_steps: 4 }, '', ['--resume-from-checkpoint', pushed]);
    expect(more.stderr).toContain('resuming from checkpoint-2 at step 2');
    expect((await onDisk('model.safetensors')).equals(final)).toBe(true);
  } else expect(await readdir(pushed)).toEqual(expect.arrayContaining([...MODEL, 'optimizer.pt', 'scheduler.pt']));
  expect((await written()).some((content) => content.includes(TOKEN))).toBe(false);
});

it('end: one commit, on the branch that is named', async () => {
  const repo = hub.add({ kind: 'model', name: 'julia/kept', files: [] });
  repo.branches.set('trial', repo.head);
  const { code, stderr } = await train({ hub_strategy: 'end', hub_model_id: 'kept', hub_revision: 'trial' });
  expect(code, stderr).toBe(0);
  expect(repo.messages).toEqual(['initial commit', 'End of training']);
  expect([...repo.files.keys()]).toEqual([]);
  expect([...repo.commits.get(repo.resolve('trial')!)!.keys()]).toEqual(expect.arrayContaining(MODEL));
});

it('a push that is refused is a warning; the run ends well', async () => {
  const { code, stderr } = await train({ hub_model_id: 'reader/moods', max_steps: 2 }, 'hf_reader');
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/warning: "Training in progress, step 2" was not pushed.*may not write to reader\/moods/);
  expect(stderr).toMatch(/warning: "End of training" was not pushed.*a token with the role "write"/);
  expect((await onDisk('model.safetensors')).length).toBeGreaterThan(0);
});

it('without a token nothing is started', async () => {
  const { code, stderr } = await train({}, '');
  expect(code).toBe(1);
  expect(stderr).toMatch(/E-HUB-ACCESS: push_to_hub is on.*\nWhere: push_to_hub\n.*HF_TOKEN/);
  expect(stderr).not.toContain('device:');
});

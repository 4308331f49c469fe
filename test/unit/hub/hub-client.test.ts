// The client against a server that answers as the Hub does.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HubClient } from '#hub/hub-client.ts';
import { dataFiles, modelFiles, type RepoFile } from '#hub/repo-files.ts';
import { FakeHub } from '../../setup/fake-hub.ts';

const TOKEN = 'hf_julia';
const READ_ONLY = 'hf_reader';
const weights = Buffer.alloc(300_000, 7);
const MODEL = { kind: 'model', name: 'org/tiny-bert' } as const;

const hub = new FakeHub();
beforeAll(async () => {
  await hub.listen();
  const named = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'README.md', 'onnx/model.onnx', 'vocab.txt'];
  const files = named.map((path) => ({ path, content: Buffer.from(`{"${path}":1}`) }));
  hub.add({ ...MODEL, files: [...files, { path: 'model.safetensors', content: weights }], task: 'fill-mask' });
  hub.add({ ...MODEL, name: 'org/no-safetensors-bert', files });
  hub.add({ ...MODEL, name: 'org/gated-bert', files, gated: true });
  hub.add({ ...MODEL, name: 'julia/secret', files, private: true });
  hub.add({ kind: 'dataset', name: 'org/moods', files: [{ path: 'train.csv', content: Buffer.from('a,b\n1,2\n') }] });
  hub.accounts.set(TOKEN, { name: 'julia', role: 'write' });
  hub.accounts.set(READ_ONLY, { name: 'reader', role: 'read' });
});
beforeEach(() => {
  hub.seen.length = 0;
  hub.faults.status = null;
});
afterAll(() => hub.close());

const client = (token: string | null = null) => new HubClient({ endpoint: hub.url, token });
const commit = () => hub.repo('model', MODEL.name).head;

describe('HubClient, reading', () => {
  it('asks nothing before it is told to', () => {
    client();
    expect(hub.seen).toEqual([]);
  });

  it('searches models that have safetensors, and data sets', async () => {
    const hits = await client().search('model', 'bert');
    expect(hits.map(({ name, task }) => [name, task])).toEqual([['org/tiny-bert', 'fill-mask']]);
    expect((await client().search('dataset', 'mood')).map(({ name }) => name)).toEqual(['org/moods']);
  });

  it('pins the commit, and lists its files over all pages, with sizes and hashes', async () => {
    const info = await client().info(MODEL, null);
    expect(info).toEqual({ name: MODEL.name, revision: commit(), gated: false, private: false });
    expect((await client().info(MODEL, commit())).revision).toBe(commit());
    const files = await client().files(MODEL, info.revision);
    expect(files).toHaveLength(7);
    const found = Object.fromEntries(files.map((file) => [file.path, file]));
    expect(found['model.safetensors']).toMatchObject({
      size: 300_000,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(found['config.json']).toMatchObject({
      size: 17,
      sha256: null,
      oid: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
  });

  it('reads a file from an offset on, through redirects, and keeps the token from the store', async () => {
    const whole = await client(TOKEN).open(MODEL, commit(), 'model.safetensors', 0);
    expect([whole.status, (await whole.arrayBuffer()).byteLength]).toEqual([200, 300_000]);
    const rest = await client(TOKEN).open(MODEL, commit(), 'model.safetensors', 299_990);
    expect([rest.status, (await rest.arrayBuffer()).byteLength]).toEqual([206, 10]);
    expect((await client().open(MODEL, commit(), 'model.safetensors', 300_000)).status).toBe(416);
    const stores = hub.seen.filter(({ path }) => path.startsWith('/store/'));
    expect(stores.map(({ token }) => token)).toEqual([null, null, null]);
  });
});

describe('HubClient, refused', () => {
  const gated = { ...MODEL, name: 'org/gated-bert' };

  it.each([
    ['missing, as nobody', 'org/nothing', null, 'E-HUB-ACCESS', /has no model org\/nothing, or it is private/, /token/],
    ['missing', 'org/nothing', TOKEN, 'E-HUB', /has no model org\/nothing/, /spelling/],
    ['private', 'julia/secret', READ_ONLY, 'E-HUB', /or it is private/, /account of this token has no access/],
    ['a wrong token', 'org/tiny-bert', 'hf_old', 'E-HUB-ACCESS', /does not accept this access token/, /Make a new one/],
    ['no token at all', 'org/tiny-bert', 'secret', 'E-HUB-ACCESS', /begin with hf_/, /Copy it whole/],
    ['no name', 'a b', null, 'E-HUB', /"a b" is no name/, /owner\/name/],
  ])('%s', async (_, name, token, code, message, hint) => {
    const asked = async () => client(token).info({ ...MODEL, name }, null);
    await expect(asked()).rejects.toMatchObject({
      name: 'StudioError',
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('a gated repository says where to accept its terms, and opens when they are', async () => {
    const { revision, gated: is } = await client().info(gated, null);
    expect(is).toBe(true);
    await expect(client().open(gated, revision, 'config.json', 0)).rejects.toMatchObject({
      code: 'E-HUB-ACCESS',
      message: expect.stringMatching(/org\/gated-bert is gated/),
      hint: expect.stringContaining(`Open ${hub.url}/org/gated-bert, log in and accept the terms.`),
    });
    await expect(client(TOKEN).open(gated, revision, 'config.json', 0)).rejects.toMatchObject({
      code: 'E-HUB-ACCESS',
      message: expect.stringMatching(/account of this token has no access/),
    });
    hub.granted.add('julia org/gated-bert');
    expect((await client(TOKEN).open(gated, revision, 'config.json', 0)).status).toBe(200);
  });

  it('a revision or file that is not there, trouble, and too many requests', async () => {
    await expect(client().info(MODEL, 'no-branch')).rejects.toMatchObject({
      message: expect.stringMatching(/revision/),
    });
    await expect(client().open(MODEL, commit(), 'no.json', 0)).rejects.toMatchObject({
      message: expect.stringMatching(/no longer has this file/),
    });
    hub.faults.status = 503;
    await expect(client().info(MODEL, null)).rejects.toMatchObject({ hint: expect.stringMatching(/trouble/) });
    hub.faults.status = 429;
    await expect(client().info(MODEL, null)).rejects.toMatchObject({ message: expect.stringMatching(/too many/) });
  });

  it('nobody at the address', async () => {
    const nobody = new HubClient({ endpoint: 'http://127.0.0.1:9', token: TOKEN });
    const refusal = await nobody.info(MODEL, null).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'E-HUB', message: expect.stringMatching(/can not be reached/) });
    expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain(TOKEN);
    expect(() => new HubClient({ endpoint: 'ftp://x', token: null })).toThrow(/no address of a Hub/);
  });
});

describe('HubClient, pushing', () => {
  const push = async (
    to: HubClient,
    name: string,
    message = 'Upload BertForSequenceClassification',
    branch: string | null = null,
  ) => {
    const files = [
      { path: 'README.md', content: new Blob(['# moods']) },
      { path: 'model.safetensors', content: new Blob([new Uint8Array(50_000).fill(3)]) },
    ];
    const steps: string[] = [];
    const pushing = to.push({ name, private: true, branch, message, files });
    for (;;) {
      const { done, value } = await pushing.next();
      if (done) return { sha: value, steps };
      steps.push(value.phase);
    }
  };

  it('makes a private repository and one commit; again, a second commit', async () => {
    const { sha, steps } = await push(client(TOKEN), 'julia/moods');
    const repo = hub.repo('model', 'julia/moods');
    expect(repo.private).toBe(true);
    expect(repo.head).toBe(sha);
    expect([...repo.files.keys()].sort()).toEqual(['README.md', 'model.safetensors']);
    expect(repo.files.get('model.safetensors')).toEqual(Buffer.alloc(50_000, 3));
    expect([...new Set(steps)]).toEqual(['hashing', 'uploading', 'committing']);
    await push(client(TOKEN), 'julia/moods', 'Again');
    expect(repo.messages).toEqual(['initial commit', 'Upload BertForSequenceClassification', 'Again']);
  });

  it('goes to a branch, which has to be there', async () => {
    const repo = hub.repo('model', 'julia/moods');
    await expect(push(client(TOKEN), repo.name, 'Try', 'trial')).rejects.toMatchObject({
      code: 'E-HUB',
      message: expect.stringMatching(/no such revision/),
    });
    repo.branches.set('trial', repo.head);
    const { sha } = await push(client(TOKEN), repo.name, 'Try', 'trial');
    expect(repo.resolve('trial')).toBe(sha);
    expect(repo.head).not.toBe(sha);
  });

  it('without the right to write says so', async () => {
    await expect(push(client(READ_ONLY), 'reader/moods')).rejects.toMatchObject({
      code: 'E-HUB-ACCESS',
      message: expect.stringMatching(/may not write to reader\/moods/),
      safe: 'Nothing was uploaded.',
    });
    await expect(push(client(), 'julia/moods')).rejects.toMatchObject({
      message: expect.stringMatching(/wants an access/),
    });
  });

  it('cancelled makes no commit', async () => {
    const controller = new AbortController();
    const pushing = new HubClient({ endpoint: hub.url, token: TOKEN, signal: controller.signal }).push({
      name: 'julia/never',
      private: true,
      branch: null,
      message: 'x',
      files: [{ path: 'model.safetensors', content: new Blob([new Uint8Array(9)]) }],
    });
    await pushing.next();
    controller.abort();
    await expect(
      (async () => {
        while (!(await pushing.next()).done);
      })(),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(hub.repo('model', 'julia/never').messages).toEqual(['initial commit']);
  });
});

describe('files that training needs', () => {
  const file = (path: string): RepoFile => ({ path, size: 1, oid: '', sha256: null });
  const chosen = (...paths: string[]) => modelFiles(paths.map(file), 'x/y').map(({ path }) => path);

  it('of a model: root only, one file before shards, no other formats', () => {
    const beside = ['config.json', 'tokenizer.json', 'merges.txt', 'chat_template.jinja', 'special_tokens_map.json'];
    const others = ['README.md', 'onnx/config.json', 'tf_model.h5', 'pytorch_model.bin', '.gitattributes'];
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const index = 'model.safetensors.index.json';
    expect(chosen(...beside, ...others, 'model.safetensors', ...shards, index)).toEqual([
      ...beside,
      'model.safetensors',
    ]);
    expect(chosen(...beside, ...shards, index)).toEqual([...beside, ...shards, index]);
    const adapter = ['adapter_config.json', 'adapter_model.safetensors'];
    expect(chosen(...adapter, 'README.md')).toEqual(adapter);
  });

  it('of a model without safetensors or configuration: why, and what to do', () => {
    expect(() => chosen('config.json', 'pytorch_model.bin')).toThrow(/no model.safetensors/);
    expect(() => chosen('model.safetensors')).toThrow(/no config.json/);
  });

  it('of a data set: tables and texts in any folder', () => {
    const paths = [
      'README.md',
      'data/train.parquet',
      'test.csv',
      'dataset_infos.json',
      'x/a.jsonl',
      'img/1.png',
      'n.txt',
    ];
    expect(dataFiles(paths.map(file), 'x/y').map(({ path }) => path)).toEqual([
      'data/train.parquet',
      'test.csv',
      'x/a.jsonl',
      'n.txt',
    ]);
    expect(() => dataFiles([file('img/1.png')], 'x/y')).toThrow(/no CSV/);
  });
});

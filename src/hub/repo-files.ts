// Which files of a repository training can use. Pure.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export interface RepoFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Git's name of the blob. */
  readonly oid: string;
  /** Of the content, for files in LFS. */
  readonly sha256: string | null;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const SHARD = /^model-\d+-of-\d+\.safetensors$/;
const BESIDE = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
  'adapter_config.json',
  'adapter_model.safetensors',
]);
const DATA = /\.(csv|tsv|jsonl|ndjson|json|txt|conll|parquet|zip)$/i;
/** Files about a data set, not of it. */
const ABOUT = /(^|\/)(dataset_infos?|state|license|readme|\.[^/]*)(\.\w+)?$/i;
const PICKLE = /^(pytorch_model.*\.bin|adapter_model\.bin)$/;

/**
 * Configuration, tokenizer and weights, out of the repository's root. Of weights in one file and in shards the one file.
 * @throws StudioError E-MODEL-WEIGHTS without safetensors, E-MODEL-CONFIG without a configuration.
 */
export function modelFiles(files: readonly RepoFile[], name: string): RepoFile[] {
  const names = new Set(files.map(({ path }) => path));
  const single = names.has(SINGLE);
  const wanted = files.filter(
    ({ path }) => BESIDE.has(path) || (single ? path === SINGLE : path === INDEX || SHARD.test(path)),
  );
  checkUsable(wanted, files, name);
  return wanted;
}

function checkUsable(wanted: readonly RepoFile[], all: readonly RepoFile[], name: string): void {
  if (!wanted.some(({ path }) => path === 'config.json' || path === 'adapter_config.json')) {
    throw new StudioError('E-MODEL-CONFIG', msg`${name} has no config.json: it holds no model for transformers.`, {
      hint: msg`Choose a repository whose library is transformers.`,
    });
  }
  if (wanted.some(({ path }) => path.endsWith('.safetensors'))) return;
  const pickles = all.some(({ path }) => PICKLE.test(path));
  throw new StudioError('E-MODEL-WEIGHTS', msg`${name} has no model.safetensors.`, {
    hint: pickles
      ? msg`Its weights are PyTorch pickles, which run code when they are opened. Often the Hub has converted them in a pull request: look among the repository's discussions, and give refs/pr/ with its number as revision.`
      : msg`Choose a model whose weights are stored as safetensors.`,
    safe: msg`Nothing was downloaded.`,
  });
}

/**
 * Tables and texts, in any folder.
 * @throws StudioError E-DATA-FORMAT when there are none.
 */
export function dataFiles(files: readonly RepoFile[], name: string): RepoFile[] {
  const wanted = files.filter(({ path }) => DATA.test(path) && !ABOUT.test(path));
  if (wanted.length > 0) return wanted;
  const found = files.slice(0, 5).map(({ path }) => path);
  throw new StudioError('E-DATA-FORMAT', msg`${name} has no CSV, TSV, JSON, JSONL, text or Parquet files.`, {
    where: found.length > 0 ? msg`found: ${found.join(', ')}` : msg`the repository is empty`,
    hint: msg`Choose a data set that holds such files, or convert it first and drop the file here.`,
  });
}

// The files of one HuggingFace model, by base name, out of whatever was dropped: a folder, single files or a zip.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { readZip } from './zip-reader.ts';

/** Base name (`config.json`) to content. */
export type ModelFiles = ReadonlyMap<string, Blob>;

/** A file with the path it had inside the dropped folder, or its bare name. */
export interface PathedFile {
  readonly path: string;
  readonly file: Blob;
}

interface Candidate {
  readonly path: string;
  open(): Promise<Blob>;
}

const CONVERT_WEIGHTS =
  'Convert them once in Python, in the folder of the model, and drop it again: ' +
  `python -c "import torch, safetensors.torch as s; w = torch.load('pytorch_model.bin', map_location='cpu', weights_only=True); ` +
  `s.save_file({k: v.clone().contiguous() for k, v in w.items()}, 'model.safetensors', {'format': 'pt'})"`;

/**
 * Finds the model among the dropped files. Of several folders with a config.json the shallowest counts, and only the
 * files right beside that config.json are taken.
 * @throws StudioError E-MODEL-CONFIG without config.json, E-MODEL-FORMAT with PyTorch pickles as the only weights,
 *   E-MODEL-WEIGHTS without weights, E-TOKENIZER without a tokenizer.
 */
export async function openModelFiles(dropped: readonly PathedFile[]): Promise<ModelFiles> {
  const candidates = (await expandZip(dropped)).filter(({ path }) => !isHidden(path));
  const folder = folderOfModel(candidates.map(({ path }) => path));
  const chosen = candidates.filter(({ path }) => folderOf(path) === folder);
  checkComplete(new Set(chosen.map(({ path }) => baseName(path))));
  return new Map(await Promise.all(chosen.map(async (item) => [baseName(item.path), await item.open()] as const)));
}

async function expandZip(dropped: readonly PathedFile[]): Promise<readonly Candidate[]> {
  const [first] = dropped;
  if (first && dropped.length === 1 && /\.zip$/i.test(first.path)) return readZip(first.file, baseName(first.path));
  return dropped.map(({ path, file }) => ({ path, open: async () => file }));
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
const depthOf = (path: string): number => path.split('/').length;

/** Droppings of operating systems: `.DS_Store`, `__MACOSX/._config.json`. */
const isHidden = (path: string): boolean => path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

function folderOfModel(paths: readonly string[]): string {
  const configs = paths.filter((path) => baseName(path) === 'config.json');
  configs.sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
  const [shallowest] = configs;
  if (shallowest !== undefined) return folderOf(shallowest);
  if (paths.some(isPickle) && !paths.some(isSafetensors)) throw pickledWeights(paths.filter(isPickle));
  const found = paths.length === 0 ? 'nothing' : paths.slice(0, 8).map(baseName).join(', ');
  throw new StudioError('E-MODEL-CONFIG', msg`There is no config.json among the files. Found: ${found}.`, {
    hint: msg`Drop the whole folder of a HuggingFace model: config.json, model.safetensors, tokenizer.json, tokenizer_config.json.`,
  });
}

const isSafetensors = (path: string): boolean => /\.safetensors(\.index\.json)?$/.test(path);
const isPickle = (path: string): boolean =>
  /\.(bin|pt|pth|ckpt)$/.test(path) && !baseName(path).startsWith('training_args');

function pickledWeights(paths: readonly string[]): StudioError {
  const names = paths.map(baseName).join(', ');
  return new StudioError(
    'E-MODEL-FORMAT',
    msg`The weights are only there as PyTorch pickles (${names}), which run code when they are opened. Atelier reads safetensors.`,
    {
      where: names,
      hint: CONVERT_WEIGHTS,
      safe: msg`Nothing was opened.`,
    },
  );
}

function checkComplete(names: ReadonlySet<string>): void {
  const all = [...names];
  if (!all.some(isSafetensors)) {
    if (all.some(isPickle)) throw pickledWeights(all.filter(isPickle));
    throw new StudioError('E-MODEL-WEIGHTS', msg`There is no model.safetensors beside config.json.`, {
      hint: msg`Drop the weights too: model.safetensors, or all shards with model.safetensors.index.json.`,
    });
  }
  if (!names.has('tokenizer.json') && !names.has('vocab.txt')) {
    throw new StudioError('E-TOKENIZER', msg`There is no tokenizer.json beside config.json.`, {
      hint:
        'Download tokenizer.json and tokenizer_config.json of the same model and drop them too. Where a model has none, ' +
        `make it in Python: python -c "from transformers import AutoTokenizer; AutoTokenizer.from_pretrained('MODEL').save_pretrained('FOLDER')"`,
    });
  }
}

// Tells model files from data files in a mixed drop. Pure; called by `draft-actions.ts`.

import type { NamedFile } from '#protocol/messages.ts';

/** For the dialogs of browsers: what data files are called. */
export const DATA_FILES = '.csv,.tsv,.jsonl,.ndjson,.json,.txt,.conll,.iob,.bio,.parquet,.zip';

export interface SortedFiles {
  readonly model: readonly NamedFile[];
  readonly train: NamedFile | null;
  readonly validation: NamedFile | null;
}

const DATA_ONLY = /\.(csv|tsv|jsonl|ndjson|txt|conll|iob|bio|parquet)$/i;
const MODEL_SIGN =
  /\.(safetensors|zip|bin|pt)$|(^|\/)(config|tokenizer|tokenizer_config|model\.safetensors\.index)\.json$/i;
const VALIDATION_SIGN = /(valid|dev|test|eval)/i;
/** Text files that belong to a model folder. */
const MODEL_TEXT = /(^|\/)(vocab|merges|readme|license)[^/]*\.txt$/i;

export function sortFiles(files: readonly NamedFile[]): SortedFiles {
  const isData = ({ path }: NamedFile): boolean => DATA_ONLY.test(path) && !MODEL_TEXT.test(path);
  const hasModel = files.some(({ path }) => MODEL_SIGN.test(path));
  const data = files.filter((file) => isData(file) || (!hasModel && /\.json$/i.test(file.path)));
  const model = hasModel ? files.filter((file) => !data.includes(file)) : [];
  const validation = data.length > 1 ? data.find(({ path }) => VALIDATION_SIGN.test(path)) : undefined;
  return { model, train: data.find((file) => file !== validation) ?? null, validation: validation ?? null };
}

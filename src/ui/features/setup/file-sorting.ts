// Tells model files from data files in a mixed drop, and those of training from those of validation. Pure.

import type { NamedFile } from '#protocol/messages.ts';
import { groupShards } from '#util/shards.ts';

/** For the dialogs of browsers: what data files are called. */
export const DATA_FILES = '.csv,.tsv,.jsonl,.ndjson,.json,.txt,.conll,.iob,.bio,.parquet,.zip';

export interface SortedFiles {
  readonly model: readonly NamedFile[];
  /** One file, the shards of a split, or none. */
  readonly train: readonly NamedFile[];
  readonly validation: readonly NamedFile[];
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
  const splits = groupShards(data);
  const validation = splits.length > 1 ? splits.find(({ name }) => VALIDATION_SIGN.test(name)) : undefined;
  const train = splits.find((split) => split !== validation);
  return { model, train: train?.files ?? [], validation: validation?.files ?? [] };
}

// Whether a zip that was dropped holds data or a model.

import { readZip } from '#formats/zip-reader.ts';
import type { NamedFile } from '#protocol/messages.ts';

const MODEL_SIGN = /(^|\/)config\.json$|\.safetensors$/i;
const DATA_SIGN = /\.(csv|tsv|jsonl|ndjson|conll|iob|bio|parquet)$/i;

/** A damaged archive is none: whoever opens it says so. */
export async function isDataArchive({ path, file }: NamedFile): Promise<boolean> {
  if (!/\.zip$/i.test(path)) return false;
  const paths = await readZip(file, path).then(
    (items) => items.map((item) => item.path),
    () => [],
  );
  return paths.some((each) => DATA_SIGN.test(each)) && !paths.some((each) => MODEL_SIGN.test(each));
}

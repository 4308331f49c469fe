// The data files in a zip archive.

import { msg } from '#util/msg.ts';
import { startsWith } from './decode-text.ts';
import { dataFormatError } from './table.ts';
import { readZip, type ZipItem } from './zip-reader.ts';

const MAGIC = 'PK\u0003\u0004';
const DATA = /\.(csv|tsv|jsonl|ndjson|json|txt|conll|iob|bio|parquet)$/i;
/** What operating systems and editors leave beside files, and what is about a data set, not of it. */
const ABOUT = /(^|\/)(__MACOSX\/|\.|(dataset_infos?|license|readme)\.\w+$)/i;
const EXCEL = '[Content_Types].xml';

/** By its path in an archive or a folder. */
export const isDataFile = (path: string): boolean => DATA.test(path) && !ABOUT.test(path);

export const isZip = async (file: Blob): Promise<boolean> =>
  startsWith(new Uint8Array(await file.slice(0, MAGIC.length).arrayBuffer()), MAGIC);

/** @throws StudioError E-DATA-FORMAT when there are none, or the archive is damaged or an Excel workbook. */
export async function dataFilesIn(archive: Blob, fileName: string): Promise<ZipItem[]> {
  const items = await readZip(archive, fileName, 'E-DATA-FORMAT');
  const found = items.filter(({ path }) => isDataFile(path));
  if (found.length > 0) return found;
  if (items.some(({ path }) => path === EXCEL)) {
    throw dataFormatError(
      fileName,
      null,
      msg`this is an Excel workbook.`,
      msg`Save the sheet as CSV (UTF-8) and drop that file.`,
    );
  }
  const some = items.slice(0, 5).map(({ path }) => path);
  throw dataFormatError(
    fileName,
    null,
    msg`the archive holds no CSV, TSV, JSON, JSONL, CoNLL, text or Parquet file. It holds: ${some.join(', ')}`,
    msg`Choose an archive that holds such a file.`,
  );
}

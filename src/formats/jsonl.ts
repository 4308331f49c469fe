// JSON data → rows: one object a line (JSONL), or one array of objects. Called by `tabular.ts`.

import { msg } from '#util/msg.ts';
import { type Cell, dataFormatError, lineAt, type Table } from './table.ts';

const CONTEXT_CHARACTERS = 80;

/** One object as text, with the line it starts on. */
interface RecordText {
  readonly text: string;
  readonly line: number;
}

/**
 * @param text with `\n` line ends
 * @throws StudioError E-DATA-FORMAT with file and line for what is not JSON, or not an object.
 */
export function parseJsonl(text: string, fileName: string): Table {
  const records = text.split('\n').map((line, i) => ({ text: line, line: i + 1 }));
  return tableOf(
    records.filter((record) => record.text.trim() !== ''),
    'jsonl',
    fileName,
  );
}

/** As `parseJsonl`, for one array of objects. */
export function parseJsonArray(text: string, fileName: string): Table {
  return tableOf(splitArray(text, fileName), 'json', fileName);
}

/** Cuts the elements of a top-level array apart, so that each can be parsed, and blamed, by itself. */
function splitArray(text: string, fileName: string): RecordText[] {
  const records: RecordText[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[[\]{},]/gs;
  let depth = 0;
  let start = text.indexOf('[') + 1;
  let line = lineAt(text, start);
  const cut = (end: number): void => {
    const raw = text.slice(start, end);
    const leading = raw.length - raw.trimStart().length;
    records.push({ text: raw.trim(), line: line + countNewlines(raw.slice(0, leading)) });
    line += countNewlines(raw);
    start = end + 1;
  };
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found === '[' || found === '{') depth++;
    else if (found === ',' && depth === 1) cut(index);
    else if (found === ']' || found === '}') {
      depth--;
      if (depth === 0) {
        if (text.slice(start, index).trim() !== '' || records.length > 0) cut(index);
        refuseRest(text, index + 1, fileName);
        return records;
      }
    }
  }
  throw dataFormatError(
    fileName,
    lineAt(text, text.length),
    msg`the array is never closed: the file is cut off.`,
    msg`Export the file again.`,
  );
}

function refuseRest(text: string, end: number, fileName: string): void {
  const rest = text.slice(end).trimStart();
  if (rest === '') return;
  const context = JSON.stringify(rest.slice(0, CONTEXT_CHARACTERS));
  throw dataFormatError(
    fileName,
    lineAt(text, text.length - rest.length),
    msg`there is more after the end of the array: ${context}`,
    msg`The file should hold one array of objects, or one object a line.`,
  );
}

const countNewlines = (text: string): number => text.split('\n').length - 1;

function tableOf(records: readonly RecordText[], format: 'jsonl' | 'json', fileName: string): Table {
  if (records.length === 0)
    throw dataFormatError(fileName, null, msg`the file holds no row.`, msg`Choose a file with at least one object.`);
  const objects = records.map((record) => parseRecord(record, fileName));
  const columns = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const rows = objects.map((object) => columns.map((column) => object[column] ?? null));
  return {
    fileName,
    format,
    columns,
    rows,
    lineNumbers: Int32Array.from(records, ({ line }) => line),
    warnings: missingKeys(objects, columns, fileName),
  };
}

function parseRecord({ text, line }: RecordText, fileName: string): Record<string, Cell> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw dataFormatError(
      fileName,
      line,
      msg`this is not JSON (${reason}): ${contextOf(text, reason)}`,
      msg`Each row has to be one JSON object, such as {"text": "…", "label": "…"}.`,
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, Cell>;
  throw dataFormatError(
    fileName,
    line,
    msg`a row has to be a JSON object, but this is ${Array.isArray(value) ? msg`an array` : `a ${typeof value}`}: ${text.slice(0, CONTEXT_CHARACTERS)}`,
    msg`Write each row as {"text": "…", "label": "…"}.`,
  );
}

/** The text around the fault, or the beginning where its place can not be told. */
function contextOf(text: string, reason: string): string {
  const told = /position (\d+)/.exec(reason)?.[1];
  const position = told === undefined ? firstForeignToken(text) : Number(told);
  const start = Math.max(0, Math.min(position - CONTEXT_CHARACTERS / 2, text.length - CONTEXT_CHARACTERS));
  return text.slice(start, start + CONTEXT_CHARACTERS);
}

/** Where something stands that is no JSON token; 0 if there is no such place. */
function firstForeignToken(text: string): number {
  const token = /\s*(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:])/y;
  let end = 0;
  while (token.test(text)) end = token.lastIndex;
  return end === text.length ? 0 : end;
}

function missingKeys(
  objects: readonly Record<string, unknown>[],
  columns: readonly string[],
  fileName: string,
): string[] {
  return columns.flatMap((column) => {
    const missing = objects.filter((object) => !Object.hasOwn(object, column)).length;
    return missing === 0
      ? []
      : [
          msg`${fileName}: ${missing} of ${objects.length} rows have no ${JSON.stringify(column)}; it counts as empty there.`,
        ];
  });
}

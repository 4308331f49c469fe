// The log of a run as a file, in the forms that other programs read.

import { logRecords, versionRecord } from '#formats/tensorboard-events.ts';
import type { LogEntry } from '#protocol/metrics.ts';

export const LOG_FORMS = ['json', 'jsonl', 'csv', 'tensorboard'] as const;
export type LogForm = (typeof LOG_FORMS)[number];

export interface LogFile {
  readonly name: string;
  readonly content: Blob;
}

/**
 * @param title of the run: begins the file's name.
 * @param now milliseconds since 1970: entries do not keep their time, so events of TensorBoard get that of writing.
 */
export function logFile(form: LogForm, log: readonly LogEntry[], title: string, now: number): LogFile {
  switch (form) {
    case 'json':
      return file(`${title}-log.json`, 'application/json', JSON.stringify(log, null, 2));
    case 'jsonl':
      return file(`${title}-log.jsonl`, 'application/jsonl', log.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    case 'csv':
      return file(`${title}-log.csv`, 'text/csv', toCsv(log));
    case 'tensorboard': {
      const seconds = now / 1000;
      const records = log.map((entry) => logRecords(seconds, entry, entry.step));
      const name = `events.out.tfevents.${Math.floor(seconds)}.${title.replace(/[^\w.-]+/g, '-')}`;
      return file(name, 'application/octet-stream', versionRecord(seconds), ...records);
    }
    default:
      return form satisfies never;
  }
}

const file = (name: string, type: string, ...parts: BlobPart[]): LogFile => ({
  name,
  content: new Blob(parts, { type }),
});

/** A column for each key, step and epoch first; an entry leaves those empty that it lacks. Lists are JSON. */
function toCsv(log: readonly LogEntry[]): string {
  const columns = [...new Set(['step', 'epoch', ...log.flatMap((entry) => Object.keys(entry))])];
  const rows = log.map((entry) => columns.map((name) => cell(entry[name])));
  return [columns, ...rows].map((fields) => `${fields.join(',')}\r\n`).join('');
}

function cell(value: LogEntry[string]): string {
  if (value === undefined) return '';
  return typeof value === 'number' ? String(value) : `"${JSON.stringify(value)}"`;
}

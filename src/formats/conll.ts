// CoNLL files: a word and its tag on each line, an empty line between sentences. Called by `tabular.ts`.

import { msg } from '#util/msg.ts';
import type { Table } from './table.ts';

/** Outside, or begin, inside, end, last, single, unit of a kind of entity. */
const TAG = /^(?:O|[BIELSU]-\S+)$/;
/** A line that does not look like it may be a header or a document mark. */
const MOSTLY = 0.95;

const fieldsOf = (line: string): string[] => line.trim().split(/\s+/);
const isMark = (line: string): boolean => line.startsWith('-DOCSTART-');

/** Whether nearly every line ends with a tag. */
export function looksLikeConll(text: string): boolean {
  const lines = text
    .slice(0, 100_000)
    .split('\n')
    .filter((line) => line.trim() !== '' && !isMark(line));
  // The last of them may have been cut in the middle.
  const whole = text.length > 100_000 ? lines.slice(0, -1) : lines;
  const tagged = whole.filter((line) => {
    const fields = fieldsOf(line);
    return fields.length >= 2 && TAG.test(fields.at(-1)!);
  });
  return whole.length > 0 && tagged.length >= MOSTLY * whole.length;
}

/** A row for each sentence: `tokens`, the first field of each line, and `tags`, the last. */
export function parseConll(text: string, fileName: string): Table {
  const rows: string[][][] = [];
  const lineNumbers: number[] = [];
  const untagged: number[] = [];
  let sentence: { readonly tokens: string[]; readonly tags: string[]; readonly line: number } | null = null;
  const finish = (): void => {
    if (!sentence) return;
    rows.push([sentence.tokens, sentence.tags]);
    lineNumbers.push(sentence.line);
    sentence = null;
  };
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || isMark(line)) {
      finish();
      continue;
    }
    const fields = fieldsOf(line);
    if (fields.length < 2) {
      untagged.push(i + 1);
      continue;
    }
    sentence ??= { tokens: [], tags: [], line: i + 1 };
    sentence.tokens.push(fields[0]!);
    sentence.tags.push(fields.at(-1)!);
  }
  finish();
  return {
    fileName,
    format: 'conll',
    columns: ['tokens', 'tags'],
    rows,
    lineNumbers: Int32Array.from(lineNumbers),
    warnings:
      untagged.length > 0
        ? [
            msg`${fileName}: ${untagged.length} lines have a word but no tag and were left out; the first is line ${untagged[0]}.`,
          ]
        : [],
  };
}

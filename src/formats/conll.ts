// CoNLL files: a word and its tag on each line, an empty line between sentences. Called by `tabular.ts`.

import { msg } from '#util/msg.ts';
import { LineText } from './line-text.ts';
import type { Piece, RecordParser, Records } from './record-parser.ts';

/** Outside, or begin, inside, end, last, single, unit of a kind of entity. */
const TAG = /^(?:O|[BIELSU]-\S+)$/;
/** A line that does not look like it may be a header or a document mark. */
const MOSTLY = 0.95;

const fieldsOf = (line: string): string[] => line.trim().split(/\s+/);
const isMark = (line: string): boolean => line.startsWith('-DOCSTART-');
const isBreak = (line: string): boolean => line.trim() === '' || isMark(line);

/** Whether nearly every line ends with a tag. */
export function looksLikeConll(source: string): boolean {
  const lines = source
    .slice(0, 100_000)
    .split('\n')
    .filter((line) => !isBreak(line));
  // The last of them may have been cut in the middle.
  const whole = source.length > 100_000 ? lines.slice(0, -1) : lines;
  const tagged = whole.filter((line) => {
    const fields = fieldsOf(line);
    return fields.length >= 2 && TAG.test(fields.at(-1)!);
  });
  return whole.length > 0 && tagged.length >= MOSTLY * whole.length;
}

interface Sentence {
  readonly tokens: string[];
  readonly tags: string[];
  readonly line: number;
}

/** A row for each sentence: `tokens`, the first field of each line, and `tags`, the last. */
export class ConllParser implements RecordParser {
  readonly format = 'conll';
  readonly columns = ['tokens', 'tags'];
  #newUntagged: number[] = [];
  #untagged = 0;
  #firstUntagged = 0;

  parse(piece: Piece): Records {
    const lines = new LineText(piece.bytes, piece.isLast, piece);
    const all = lines.text.split('\n');
    const end = piece.isLast || piece.isTooLong ? all.length : all.findLastIndex(isBreakBefore(all)) + 1;
    const sentences: Sentence[] = [];
    this.#newUntagged = [];
    let sentence: Sentence | null = null;
    for (const [i, line] of all.slice(0, end).entries()) {
      const fields = fieldsOf(line);
      if (isBreak(line)) sentence = null;
      else if (fields.length < 2) this.#newUntagged.push(piece.line + i);
      else {
        if (!sentence) {
          sentence = { tokens: [], tags: [], line: piece.line + i };
          sentences.push(sentence);
        }
        sentence.tokens.push(fields[0]!);
        sentence.tags.push(fields.at(-1)!);
      }
    }
    const characters = all.slice(0, end).reduce((sum, line) => sum + line.length + 1, 0);
    return {
      rows: sentences.map(({ tokens, tags }) => [tokens, tags]),
      lines: sentences.map(({ line }) => line),
      faults: [],
      ...lines.before(Math.min(characters, lines.text.length)),
    };
  }

  note(): void {
    if (this.#untagged === 0) this.#firstUntagged = this.#newUntagged[0] ?? 0;
    this.#untagged += this.#newUntagged.length;
  }

  warnings(): string[] {
    return this.#untagged === 0
      ? []
      : [
          msg`${this.#untagged} lines have a word but no tag and were left out; the first is line ${this.#firstUntagged}.`,
        ];
  }
}

/** The text ends with a line end, so that its last, empty part is none. */
const isBreakBefore =
  (all: readonly string[]) =>
  (line: string, i: number): boolean =>
    i < all.length - 1 && isBreak(line);

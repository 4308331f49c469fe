// JSONL: one object a line. Called by `tabular.ts`.

import { isFault, JsonRows } from './json-rows.ts';
import { LineText } from './line-text.ts';
import type { Piece, RecordParser, Records, RowFault } from './record-parser.ts';
import type { Row } from './table.ts';

export class JsonlParser implements RecordParser {
  readonly format = 'jsonl';
  readonly #objects = new JsonRows();

  get columns(): readonly string[] {
    return this.#objects.columns;
  }

  parse(piece: Piece): Records {
    const lines = new LineText(piece.bytes, piece.isLast, piece);
    this.#objects.begin();
    const [rows, numbers, faults]: [Row[], number[], RowFault[]] = [[], [], []];
    for (const [i, line] of lines.text.split('\n').entries()) {
      if (line.trim() === '') continue;
      const read = this.#objects.read(line, piece.line + i);
      if (isFault(read)) faults.push(read);
      else {
        rows.push(read);
        numbers.push(piece.line + i);
      }
    }
    return { rows, lines: numbers, faults, ...lines.before(lines.text.length) };
  }

  note(): void {
    this.#objects.note();
  }

  warnings(rowCount: number): string[] {
    return this.#objects.warnings(rowCount);
  }
}

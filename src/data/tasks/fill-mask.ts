// Fill-mask: texts whose words are hidden anew in every batch. A .txt file is one document, cut into blocks.

import type { Table } from '#formats/table.ts';
import { blocksOf } from './blocks.ts';
import { textColumn, warnOfEmptyTexts } from './columns.ts';
import type { EncodedRow, RowTask, TaskSource } from './row-task.ts';
import { splitRows } from './split-rows.ts';

/**
 * Examples hold what the tokenizer gives, and with whole words `word_starts` Uint8Array: 1 where a word begins. The
 * labels are the collator's.
 */
export function fillMask(source: TaskSource): RowTask<string> {
  const { train: table, validation: validationTable, options, maxLength } = source;
  const warnings = [...table.warnings, ...(validationTable?.warnings ?? [])];
  const rows = readTexts(table, source, warnings);
  const isDocument = table.format === 'txt';
  const parts = validationTable
    ? { train: rows, validation: readTexts(validationTable, source, warnings) }
    : isDocument
      ? { train: rows, validation: [] }
      : splitRows(rows, source, warnings);
  return {
    task: 'fill-mask',
    problemType: 'single_label_classification',
    labels: [],
    ...parts,
    warnings,
    encode: (text) => encode(text, source, isDocument ? null : maxLength),
    sizeOf: (text) => text.length,
    head: (text, characters) => text.slice(0, characters),
    countLabels: () => [],
    describe: (text) => ({
      text,
      textPair: null,
      label: `${Math.round(options.mlmProbability * 100)} % of the ${options.wholeWordMask ? 'words' : 'tokens'} hidden`,
    }),
    recordOf: (text) => ({ [source.roles.text!]: text }),
    ...(isDocument
      ? { join: (examples) => blocksOf(examples, maxLength, table.fileName), splitsExamples: validationTable === null }
      : {}),
  };
}

export function readTexts(table: Table, { roles }: TaskSource, warnings: string[]): string[] {
  const text = textColumn(table, roles, 'text');
  const rows = table.rows.map((_, r) => text(r));
  warnOfEmptyTexts(table, roles.text!, rows, warnings);
  return rows;
}

function encode(text: string, { tokenizer, options }: TaskSource, maxLength: number | null): EncodedRow {
  const { input_ids, attention_mask, token_type_ids, truncated } = tokenizer.encode(text, null, { maxLength });
  const example = {
    input_ids: Int32Array.from(input_ids),
    attention_mask: Uint8Array.from(attention_mask),
    ...(token_type_ids ? { token_type_ids: Uint8Array.from(token_type_ids) } : {}),
    ...(options.wholeWordMask ? { word_starts: tokenizer.wordStarts(text, maxLength) } : {}),
  };
  return { examples: [example], length: input_ids.length + truncated, truncated, targets: null };
}

// Fill-mask: texts whose words are hidden anew in every batch. A .txt file is one document, cut into blocks.

import type { Table } from '#formats/table.ts';
import { msg } from '#util/msg.ts';
import { blocksOf } from './blocks.ts';
import { textColumn, warnOfEmptyTexts } from './columns.ts';
import type { EncodedRow, RowTask, TaskSource } from './row-task.ts';
import { partRows, tableWarnings } from './split-rows.ts';

/**
 * Examples hold what the tokenizer gives, and with whole words `word_starts` Uint8Array: 1 where a word begins. The
 * labels are the collator's.
 */
export function fillMask(source: TaskSource): RowTask<string> {
  const { train: table, validation, options, maxLength } = source;
  const warnings = tableWarnings(source);
  const read = (from: Table): string[] => readTexts(from, source, warnings);
  const isDocument = table.format === 'txt';
  // A document is one row: of it, blocks are held out.
  const splitsExamples = isDocument && validation === null;
  const rows = read(table);
  const parts = splitsExamples ? { train: rows, validation: [] } : partRows(rows, source, read, warnings);
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
      label: msg`${Math.round(options.mlmProbability * 100)} % of the ${options.wholeWordMask ? 'words' : 'tokens'} hidden`,
    }),
    recordOf: (text) => ({ [source.roles.text!]: text }),
    ...(isDocument ? { join: (examples, fileName) => blocksOf(examples, maxLength, fileName), splitsExamples } : {}),
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

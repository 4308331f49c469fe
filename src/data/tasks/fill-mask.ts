// Fill-mask: texts whose words are hidden anew in every batch. A .txt file is one document, cut into blocks.

import type { Table } from '#formats/table.ts';
import { msg } from '#util/msg.ts';
import type { WorkOptions } from '../work.ts';
import { blocksOf } from './blocks.ts';
import { textColumn } from './columns.ts';
import type { RowReader } from './row-reader.ts';
import {
  type EncodedRow,
  partsOf,
  type RowTask,
  rolesIn,
  surveyFiles,
  surveyWarnings,
  type TaskSource,
} from './row-task.ts';
import { tableWarnings } from './split-rows.ts';

/**
 * Examples hold what the tokenizer gives, and with whole words `word_starts` Uint8Array: 1 where a word begins. The
 * labels are the collator's.
 */
export async function fillMask(source: TaskSource, work: WorkOptions): Promise<RowTask<string>> {
  const { train: table, options, maxLength } = source;
  const isDocument = table.format === 'txt';
  const { parts, splitsExamples, warnings, reader } = await readTexts(source, work, isDocument);
  return {
    task: 'fill-mask',
    problemType: 'single_label_classification',
    labels: [],
    ...parts,
    warnings,
    reader,
    encode: (row) => encode(row, source, isDocument ? null : maxLength),
    head: (row, characters) => row.slice(0, characters),
    countLabels: () => [],
    describe: (row) => ({
      text: row,
      textPair: null,
      label: msg`${Math.round(options.mlmProbability * 100)} % of the ${options.wholeWordMask ? 'words' : 'tokens'} hidden`,
    }),
    recordOf: (row) => ({ [source.roles.text!]: row }),
    ...(isDocument ? { join: (examples, fileName) => blocksOf(examples, maxLength, fileName), splitsExamples } : {}),
  };
}

/** Plain texts, for tasks that are made of nothing else. Of a document, which is one row, examples are held out. */
export async function readTexts(source: TaskSource, work: WorkOptions, isDocument: boolean) {
  const splitsExamples = isDocument && source.validation === null;
  const reader = (table: Table): RowReader<string> => readerOf(table, source);
  const begin = (table: Table) => ({ reader: reader(table), notes: () => null });
  const files = await surveyFiles(source, 'texts', begin, work);
  const warnings = [...tableWarnings(source), ...surveyWarnings(files)];
  const whole = splitsExamples ? { ...source, validationFraction: 0 } : source;
  const parts = partsOf(files, whole, null, warnings);
  return { parts, splitsExamples, warnings, reader };
}

function readerOf(table: Table, source: TaskSource): RowReader<string> {
  const roles = rolesIn(source, table);
  const column = textColumn(table, roles, 'text');
  return { read: column, inputs: (row) => [row], textColumn: roles.text! };
}

function encode(row: string, { tokenizer, options }: TaskSource, maxLength: number | null): EncodedRow {
  const { input_ids, attention_mask, token_type_ids, truncated, cutIds } = tokenizer.encode(row, null, { maxLength });
  const example = {
    input_ids: Int32Array.from(input_ids),
    attention_mask: Uint8Array.from(attention_mask),
    ...(token_type_ids ? { token_type_ids: Uint8Array.from(token_type_ids) } : {}),
    ...(options.wholeWordMask ? { word_starts: tokenizer.wordStarts(row, maxLength) } : {}),
  };
  return { examples: [example], length: input_ids.length + truncated, truncated, cutIds, targets: null };
}

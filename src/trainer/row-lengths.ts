// How long the rows of a data set are, for group_by_length.

import type { Dataset } from '#data/dataset.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/**
 * The numbers of a column, or else the lengths of another.
 * @param column its name, as length_column_name says. @param input what the model reads first.
 * @throws StudioError E-DATA-COLUMN when a row has neither.
 */
export function rowLengths(dataset: Dataset, column: string, input: string | undefined): number[] {
  const given = dataset.columnNames.includes(column);
  return Array.from({ length: dataset.length }, (_, index) => {
    const row = dataset.get(index);
    const value = given ? row[column] : lengthOf(row[input ?? '']);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new StudioError('E-DATA-COLUMN', msg`Row ${index + 1} has no length to group rows by.`, {
      where: msg`train_sampling_strategy group_by_length, length_column_name ${column}`,
      hint: msg`Give a column "${column}" of numbers, or set train_sampling_strategy to "random".`,
      safe: msg`Nothing was started.`,
    });
  });
}

const lengthOf = (value: unknown): number | undefined =>
  typeof value === 'object' && value !== null && 'length' in value ? Number(value.length) : undefined;

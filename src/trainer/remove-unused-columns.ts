// Leaves a data set the columns that the model reads and the labels, as HF's remove_unused_columns.

import type { Dataset, Example } from '#data/dataset.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

const LABEL_COLUMNS = ['label', 'label_ids'];

/** @param inputNames what the model reads; empty: everything stays. */
export function removeUnusedColumns(
  dataset: Dataset,
  inputNames: readonly string[],
  labelNames: readonly string[],
): Dataset {
  if (inputNames.length === 0) return dataset;
  const kept = dataset.columnNames.filter((name) => [...inputNames, ...LABEL_COLUMNS, ...labelNames].includes(name));
  if (kept.length === 0) {
    throw new StudioError(
      'E-DATA-COLUMN',
      msg`None of the columns ${dataset.columnNames.join(', ')} is read by the model.`,
      {
        hint: msg`The model reads ${inputNames.join(', ')}. Tokenize the data first, or turn remove_unused_columns off.`,
        safe: msg`Nothing was started.`,
      },
    );
  }
  return {
    length: dataset.length,
    columnNames: kept,
    get: (index) => pickColumns(dataset.get(index), kept),
  };
}

const pickColumns = (example: Example, names: readonly string[]): Example =>
  Object.fromEntries(names.filter((name) => name in example).map((name) => [name, example[name]]));

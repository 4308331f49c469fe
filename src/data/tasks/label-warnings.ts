// What looks odd about the labels of a data set.

import { msg } from '#util/msg.ts';

const SHOWN = 5;

/** @param counts training rows (or words) of each label. */
export function labelWarnings(labels: readonly string[], rows: number, counts: readonly number[]): string[] {
  const unused = labels.filter((_, i) => counts[i] === 0);
  const shown = unused.slice(0, SHOWN).join(', ');
  const noRows =
    unused.length === 0
      ? []
      : [
          msg`${unused.length} of ${labels.length} labels have no training row: ${shown}${unused.length > SHOWN ? ', …' : ''}.`,
        ];
  const many = labels.length > 20 && labels.length > rows / 4;
  return many
    ? [...noRows, msg`There are ${labels.length} labels for ${rows} training rows. Is this the right label column?`]
    : noRows;
}

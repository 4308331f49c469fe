// What differs between runs. Pure.

import type { RunSnapshot } from '#client/run-store.ts';
import { ARGUMENT_SPECS } from '#protocol/argument-specs.ts';
import { t } from '../../language/translate.ts';

export interface CompareRow {
  readonly name: string;
  /** One for each run, in their order. */
  readonly values: readonly string[];
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

/** Model, data and arguments that are not the same in all runs. */
export function differences(runs: readonly RunSnapshot[]): readonly CompareRow[] {
  const facts: readonly (readonly [string, (run: RunSnapshot) => unknown])[] = [
    [t`model`, ({ summary }) => summary.modelName],
    [t`data`, ({ summary }) => summary.dataName],
    [t`task`, ({ detail }) => detail.setup.task],
    ['max_length', ({ detail }) => detail.setup.maxLength],
    [t`held back`, ({ detail }) => detail.setup.validationFraction],
    ['LoRA', ({ detail }) => (detail.setup.peft ? `r ${detail.setup.peft.rank}` : '–')],
    ['early_stopping_patience', ({ detail }) => detail.setup.earlyStopping?.patience ?? '–'],
    ...ARGUMENT_SPECS.map(
      ({ name, default: usual }) =>
        [
          name,
          ({ detail }: RunSnapshot) => {
            const given = detail.setup.trainingArguments;
            return Object.hasOwn(given, name) ? given[name] : usual;
          },
        ] as const,
    ),
  ];
  return facts
    .map(([name, read]) => ({ name, values: runs.map((run) => show(read(run))) }))
    .filter(({ values }) => new Set(values).size > 1);
}

export interface ResultRow {
  readonly name: string;
  /** Null: this run has no such metric. */
  readonly values: readonly (number | null)[];
  /** Index of the best; null where it can not be told. */
  readonly best: number | null;
}

const isQuality = (name: string): boolean => name.startsWith('eval_') && !/_(runtime|per_second)$/.test(name);

/** Each evaluated metric at its best over the run, and the last training loss. */
export function results(runs: readonly RunSnapshot[]): readonly ResultRow[] {
  const names = [...new Set(runs.flatMap(({ columns }) => columns.names()))];
  return ['loss', ...names.filter(isQuality)].map((name) => {
    const isLess = /loss|mse|mae|rmse|perplexity/.test(name);
    const values = runs.map(({ columns }) => {
      const series = columns.series(name)?.values;
      if (!series || series.length === 0) return null;
      if (name === 'loss') return series.at(-1)!;
      return series.reduce((best, value) => ((isLess ? value < best : value > best) ? value : best));
    });
    const present = values.filter((value) => value !== null);
    const top = isLess ? Math.min(...present) : Math.max(...present);
    return { name, values, best: present.length > 1 ? values.indexOf(top) : null };
  });
}

/** "learning_rate 5e-5 → 1e-4, seed 42 → 43": what changed from one run to the next; null: nothing did. */
export function describeChange(before: RunSnapshot, now: RunSnapshot): string | null {
  const rows = differences([before, now]);
  if (rows.length === 0) return null;
  const shown = rows.slice(0, 5).map(({ name, values }) => `${name} ${values[0]} → ${values[1]}`);
  return rows.length > 5 ? t`${shown.join(', ')} and ${rows.length - 5} more` : shown.join(', ');
}

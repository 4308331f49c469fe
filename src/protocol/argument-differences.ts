// What two runs were told differently about learning: asked when a run goes on from the checkpoint of another.

import type { ArgumentGroup } from './argument-spec.ts';
import { ARGUMENT_SPECS, toCamelCase } from './argument-specs.ts';
import { show } from './argument-value.ts';
import type { TrainingArguments } from './training-arguments.ts';

/** How often something is logged, evaluated or saved changes nothing that is learned. */
const LEARNING: ReadonlySet<ArgumentGroup> = new Set<ArgumentGroup>([
  'Duration and batch',
  'Learning rate and optimizer',
  'Precision and memory',
  'Reproducibility and data',
]);

export interface ArgumentDifference {
  /** HF's name. */
  readonly name: string;
  readonly before: unknown;
  readonly now: unknown;
}

export function argumentDifferences(before: TrainingArguments, now: TrainingArguments): ArgumentDifference[] {
  return ARGUMENT_SPECS.flatMap(({ name, group, support }) => {
    if (support !== 'supported' || !LEARNING.has(group)) return [];
    const key = toCamelCase(name) as keyof TrainingArguments;
    if (JSON.stringify(before[key]) === JSON.stringify(now[key])) return [];
    return [{ name, before: before[key], now: now[key] }];
  });
}

/** "learning_rate 0.001 → 0.0005, max_steps 10 → 20" */
export const describeDifferences = (differences: readonly ArgumentDifference[]): string =>
  differences.map(({ name, before, now }) => `${name} ${show(before)} → ${show(now)}`).join(', ');

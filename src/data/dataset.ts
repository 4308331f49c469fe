// A data set: examples by index. What the loader draws from; made by `text-classification.ts`, or by hand for other tasks.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/** One example: field name to number, list of numbers, or text. */
export type Example = Readonly<Record<string, unknown>>;

export interface Dataset<T = Example> {
  readonly length: number;
  /** `index` from 0 to `length` − 1. */
  get(index: number): T;
  readonly columnNames: readonly string[];
}

export class InMemoryDataset<T extends object = Example> implements Dataset<T> {
  readonly #examples: readonly T[];

  constructor(examples: readonly T[]) {
    this.#examples = examples;
  }

  get length(): number {
    return this.#examples.length;
  }

  /** The fields of the first example. */
  get columnNames(): readonly string[] {
    return Object.keys(this.#examples[0] ?? {});
  }

  get(index: number): T {
    const example = this.#examples[index];
    if (example === undefined)
      throw new StudioError('E-INTERNAL', msg`Example ${index} was asked for, but there are only ${this.length}.`);
    return example;
  }
}

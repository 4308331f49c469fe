// The log of a run as growing columns of numbers, one per metric: what charts read. Filled by `run-store.ts`.

import type { LogEntry } from '#protocol/metrics.ts';

/** One metric over the run; the three arrays have the same length. Views: do not keep them over an append. */
export interface Series {
  readonly steps: Float64Array;
  readonly epochs: Float64Array;
  readonly values: Float64Array;
}

/** A Float64Array that grows by doubling. */
class Column {
  #data = new Float64Array(64);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const larger = new Float64Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.#length++] = value;
  }

  view(): Float64Array {
    return this.#data.subarray(0, this.#length);
  }
}

interface MetricColumn {
  readonly steps: Column;
  readonly epochs: Column;
  readonly values: Column;
}

const NOT_METRICS: ReadonlySet<string> = new Set(['step', 'epoch']);

export class MetricColumns {
  readonly #metrics = new Map<string, MetricColumn>();

  append(entry: LogEntry): void {
    for (const [name, value] of Object.entries(entry)) {
      if (typeof value !== 'number' || NOT_METRICS.has(name)) continue;
      const column = this.#metrics.get(name) ?? { steps: new Column(), epochs: new Column(), values: new Column() };
      this.#metrics.set(name, column);
      column.steps.push(entry.step);
      column.epochs.push(entry.epoch);
      column.values.push(value);
    }
  }

  /** Metric names in the order they first came. */
  names(): readonly string[] {
    return [...this.#metrics.keys()];
  }

  series(name: string): Series | null {
    const column = this.#metrics.get(name);
    return column ? { steps: column.steps.view(), epochs: column.epochs.view(), values: column.values.view() } : null;
  }
}

// The log of a run as growing columns of numbers, one per metric: what charts read. Filled by `run-store.ts`.

import type { LogEntry, RunMeasure } from '#protocol/metrics.ts';

/** What the horizontal axis of a chart counts: steps, epochs, milliseconds of training, milliseconds since the start. */
export const CHART_AXES = ['step', 'epoch', 'active', 'wall'] as const;
export type ChartAxis = (typeof CHART_AXES)[number];

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

/** Metrics that are the studio's own: they are measured, not logged. */
export const MEASURED = {
  lossScale: 'loss_scale',
  samplesPerSecond: 'samples_per_second',
  gpuBytes: 'gpu_bytes',
} as const;

export class MetricColumns {
  readonly #metrics = new Map<string, MetricColumn>();
  /** When steps were: measures come at some of them. */
  readonly #clock = { steps: new Column(), active: new Column(), wall: new Column() };
  #startedAt: number | null = null;

  append(entry: LogEntry): void {
    for (const [name, value] of Object.entries(entry)) {
      if (typeof value === 'number' && !NOT_METRICS.has(name)) this.#push(name, entry, value);
    }
  }

  appendMeasure(measure: RunMeasure): void {
    this.#startedAt ??= measure.at - measure.activeMs;
    this.#clock.steps.push(measure.step);
    this.#clock.active.push(measure.activeMs);
    this.#clock.wall.push(measure.at - this.#startedAt);
    for (const [field, name] of Object.entries(MEASURED)) {
      const value = measure[field as keyof typeof MEASURED];
      if (value !== null) this.#push(name, measure, value);
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

  /** Where the points of a series stand on an axis. [N] */
  positions({ steps, epochs }: Series, axis: ChartAxis): Float64Array {
    if (axis === 'step') return steps;
    return axis === 'epoch' ? epochs : timesOf(steps, this.#clock.steps.view(), this.#clock[axis].view());
  }

  /** Where one step stands on an axis. */
  positionOf(step: number, axis: ChartAxis): number {
    if (axis === 'step') return step;
    if (axis !== 'epoch') return this.positions({ steps: Float64Array.of(step), epochs: NONE, values: NONE }, axis)[0]!;
    const loss = this.series('loss');
    return loss ? timesOf(Float64Array.of(step), loss.steps, loss.epochs)[0]! : 0;
  }

  #push(name: string, { step, epoch }: { readonly step: number; readonly epoch: number }, value: number): void {
    const column = this.#metrics.get(name) ?? { steps: new Column(), epochs: new Column(), values: new Column() };
    this.#metrics.set(name, column);
    column.steps.push(step);
    column.epochs.push(epoch);
    column.values.push(value);
  }
}

const NONE = new Float64Array(0);

/** Straight lines between the known steps; before the first and after the last, those. Both ascend. */
function timesOf(steps: Float64Array, known: Float64Array, times: Float64Array): Float64Array {
  const found = new Float64Array(steps.length);
  let next = 0;
  steps.forEach((step, i) => {
    while (next < known.length && known[next]! < step) next++;
    const [before, after] = [Math.max(0, next - 1), Math.min(next, known.length - 1)];
    const span = known[after]! - known[before]!;
    const share = span > 0 ? (step - known[before]!) / span : 0;
    found[i] = known.length === 0 ? 0 : times[before]! + Math.min(1, share) * (times[after]! - times[before]!);
  });
  return found;
}

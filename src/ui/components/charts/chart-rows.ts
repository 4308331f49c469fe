// Rows for recharts from several metrics of one or more runs: each line thinned on its own, then merged by position.

import type { MetricColumns } from '#client/metric-columns.ts';
import { toChart } from '#client/series.ts';
import { formatBytes, formatDuration, formatNumber } from '../../format.ts';
import { t } from '../../language/translate.ts';
import type { ChartSettings } from './chart-settings.ts';

export interface ChartLine {
  /** Of all lines of a chart no two have the same. */
  readonly key: string;
  readonly metric: string;
  readonly columns: MetricColumns;
  readonly label: string;
  /** A curve is smoothed; `exact` is a line as it is; points are evaluations. */
  readonly kind: 'curve' | 'exact' | 'points';
  readonly color: string;
}

export interface MergedRows {
  /** Ascending in `x`; `<key>` holds what was logged, `<key>:smooth` the line through it. */
  readonly rows: readonly Readonly<Record<string, number>>[];
  /** Positions where some value was not a number. */
  readonly gaps: readonly number[];
}

export const smoothKey = (key: string): string => `${key}:smooth`;

/** Points of a chart: few enough to be drawn anew while one watches. */
const POINTS = 400;

export function mergeRows(lines: readonly ChartLine[], settings: ChartSettings): MergedRows {
  const rows = new Map<number, Record<string, number>>();
  const gaps = new Set<number>();
  const limit = Math.max(40, Math.floor(POINTS / lines.length));
  const { axis, range, logX, logY } = settings;
  for (const { key, metric, kind, columns } of lines) {
    const series = columns.series(metric);
    if (!series) continue;
    const smoothing = kind === 'curve' ? settings.smoothing : 0;
    const chart = toChart(columns.positions(series, axis), series.values, { smoothing, limit, range });
    for (const { x, raw, smooth } of chart.rows) {
      if (logX && x <= 0) continue;
      const row = rows.get(x) ?? { x };
      if (raw !== null && !(logY && raw <= 0)) row[key] = raw;
      if (smooth !== null && !(logY && smooth <= 0)) row[smoothKey(key)] = smooth;
      rows.set(x, row);
    }
    for (const gap of chart.gaps) gaps.add(gap);
  }
  return { rows: [...rows.values()].sort((a, b) => (a['x'] ?? 0) - (b['x'] ?? 0)), gaps: [...gaps] };
}

type Domain = readonly [number | 'auto', number | 'auto'];

/** Fits the values; where they are all alike, some room on both sides, so that a first point lies in the middle. */
export function verticalDomain(rows: MergedRows['rows'], hidesOutliers = false): Domain {
  const values = rows.flatMap(({ x: _position, ...ys }) => Object.values(ys)).sort((a, b) => a - b);
  if (values.length === 0) return ['auto', 'auto'];
  const cut = hidesOutliers ? Math.floor(values.length / 100) + (values.length > 20 ? 1 : 0) : 0;
  const [least, greatest] = [values[cut]!, values[values.length - 1 - cut]!];
  const size = Math.max(Math.abs(least), Math.abs(greatest));
  if (greatest - least > 1e-6 * size) return hidesOutliers ? [least, greatest] : ['auto', 'auto'];
  // Round bounds, so that the ticks between them are readable.
  const unit = size === 0 ? 1 : 10 ** Math.floor(Math.log10(size));
  const below = Math.floor(least / unit);
  return [(below - 1) * unit, (below + 2) * unit];
}

/** "2.31 → 0.84": the first and the last value. */
export function describeMetric({ columns, metric }: Pick<ChartLine, 'columns' | 'metric'>): string {
  const values = columns.series(metric)?.values;
  const [first, last] = [values?.[0], values?.at(-1)];
  if (values === undefined || first === undefined || last === undefined) return t`no values yet`;
  return values.length === 1
    ? formatValue(metric, last)
    : `${formatValue(metric, first)} → ${formatValue(metric, last)}`;
}

/** For those who do not see the chart: where it begins and ends, and its extremes. */
export function summarizeMetric({ columns, metric, label }: ChartLine): string {
  const series = columns.series(metric);
  const range = series && finiteRange(series.values);
  if (!series || !range) return t`${label}: no values yet.`;
  const { first, last, least, greatest } = range;
  const show = (value: number): string => formatValue(metric, value);
  return t`${label}: from ${show(first)} at step ${series.steps[0]!} to ${show(last)} at step ${series.steps.at(-1)!}; least ${show(least)}, greatest ${show(greatest)}.`;
}

type FiniteRange = Readonly<Record<'first' | 'last' | 'least' | 'greatest', number>>;

/** Of the values that are numbers; null when none is. */
function finiteRange(values: Float64Array): FiniteRange | null {
  let [first, last, least, greatest] = [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (Number.isNaN(first)) first = value;
    last = value;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return Number.isNaN(first) ? null : { first, last, least, greatest };
}

export const formatValue = (metric: string, value: number): string =>
  metric === 'gpu_bytes' ? formatBytes(value) : formatNumber(value);

export const formatPosition = (axis: ChartSettings['axis'], x: number): string =>
  axis === 'active' || axis === 'wall' ? formatDuration(x) : formatNumber(x);

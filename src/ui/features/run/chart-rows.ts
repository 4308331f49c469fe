// Rows for recharts from several metrics: each line thinned on its own, then merged by position. Pure.

import type { MetricColumns } from '#client/metric-columns.ts';
import { toChart } from '#client/series.ts';
import { formatNumber } from '../../format.ts';
import { t } from '../../language/translate.ts';

export interface ChartLine {
  readonly metric: string;
  readonly label: string;
  /** A curve is smoothed; `exact` is a line as it is; points are evaluations. */
  readonly kind: 'curve' | 'exact' | 'points';
}

export interface MergedRows {
  /** Ascending in `x`; `<metric>` holds what was logged, `<metric>:smooth` the line through it. */
  readonly rows: readonly Readonly<Record<string, number>>[];
  /** Positions where some value was not a number. */
  readonly gaps: readonly number[];
}

export const smoothKey = (metric: string): string => `${metric}:smooth`;

interface MergeOptions {
  readonly axis: 'step' | 'epoch';
  readonly smoothing: number;
}

export function mergeRows(
  columns: MetricColumns,
  lines: readonly ChartLine[],
  { axis, smoothing }: MergeOptions,
): MergedRows {
  const rows = new Map<number, Record<string, number>>();
  const gaps = new Set<number>();
  const limit = Math.floor(800 / lines.length);
  for (const { metric, kind } of lines) {
    const series = columns.series(metric);
    if (!series) continue;
    const chart = toChart(series, { axis, smoothing: kind === 'curve' ? smoothing : 0, limit });
    for (const { x, raw, smooth } of chart.rows) {
      const row = rows.get(x) ?? { x };
      if (raw !== null) row[metric] = raw;
      if (smooth !== null) row[smoothKey(metric)] = smooth;
      rows.set(x, row);
    }
    for (const gap of chart.gaps) gaps.add(gap);
  }
  return { rows: [...rows.values()].sort((a, b) => (a.x ?? 0) - (b.x ?? 0)), gaps: [...gaps] };
}

/** Fits the values; where they are all alike, some room on both sides, so that a first point lies in the middle. */
export function verticalDomain(rows: MergedRows['rows']): readonly [number, number] | readonly ['auto', 'auto'] {
  const values = rows.flatMap(({ x: _position, ...ys }) => Object.values(ys));
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const size = Math.max(Math.abs(least), Math.abs(greatest));
  if (values.length === 0 || greatest - least > 1e-6 * size) return ['auto', 'auto'];
  // Round bounds, so that the ticks between them are readable.
  const unit = size === 0 ? 1 : 10 ** Math.floor(Math.log10(size));
  const below = Math.floor(least / unit);
  return [(below - 1) * unit, (below + 2) * unit];
}

/** "2.31 → 0.84": the first and the last value. */
export function describeMetric(columns: MetricColumns, metric: string): string {
  const values = columns.series(metric)?.values;
  const [first, last] = [values?.[0], values?.at(-1)];
  if (values === undefined || first === undefined || last === undefined) return t`no values yet`;
  return values.length === 1 ? formatNumber(last) : `${formatNumber(first)} → ${formatNumber(last)}`;
}

// From a full series to what a chart can draw: smooth first, thin out second. Pure; called by the charts.

/**
 * Exponential moving average without the start-up bias: s_i = Σ w^(i−j) y_j / Σ w^(i−j).
 * @param values [N]; what is not finite stays as it is and leaves the average alone.
 * @param weight in [0, 1); 0 returns the values.
 * @returns [N]
 */
export function smoothEma(values: Float64Array, weight: number): Float64Array {
  const smoothed = new Float64Array(values.length);
  let sum = 0;
  let mass = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (Number.isFinite(value)) {
      sum = weight * sum + (1 - weight) * value;
      mass = weight * mass + (1 - weight);
    }
    smoothed[index] = Number.isFinite(value) ? sum / mass : value;
  }
  return smoothed;
}

/**
 * Indices that keep every spike: from each of equal stretches the first, least, greatest and last point.
 * @param y [N] finite.
 * @returns ascending indices into the series, at most `limit` (at least 4), the first and last always among them.
 */
export function decimateMinMax(y: Float64Array, limit: number): number[] {
  const n = y.length;
  if (n <= limit) return Array.from(y.keys());
  const buckets = Math.max(1, Math.floor(limit / 4));
  const kept = new Set<number>();
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * n) / buckets);
    const end = Math.floor(((bucket + 1) * n) / buckets);
    let [least, greatest] = [start, start];
    for (let index = start; index < end; index++) {
      if (y[index]! < y[least]!) least = index;
      if (y[index]! > y[greatest]!) greatest = index;
    }
    for (const index of [start, least, greatest, end - 1]) kept.add(index);
  }
  return [...kept].sort((a, b) => a - b);
}

/**
 * Largest-triangle-three-buckets: the points that keep the look of a line.
 * @param x [N] ascending, @param y [N] finite.
 * @returns ascending indices, at most `limit` (at least 3), the first and last among them.
 */
export function decimateLttb(x: ArrayLike<number>, y: ArrayLike<number>, limit: number): number[] {
  const n = y.length;
  if (n <= limit) return Array.from({ length: n }, (_, index) => index);
  const kept = [0];
  const width = (n - 2) / (limit - 2);
  for (let bucket = 0; bucket < limit - 2; bucket++) {
    const [start, end] = [Math.floor(bucket * width) + 1, Math.floor((bucket + 1) * width) + 1];
    const next = meanPoint(x, y, end, Math.min(Math.floor((bucket + 2) * width) + 1, n));
    kept.push(largestTriangle(x, y, kept.at(-1)!, next, start, end));
  }
  kept.push(n - 1);
  return kept;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function meanPoint(x: ArrayLike<number>, y: ArrayLike<number>, start: number, end: number): Point {
  let [sumX, sumY] = [0, 0];
  for (let index = start; index < end; index++) {
    sumX += x[index]!;
    sumY += y[index]!;
  }
  return { x: sumX / (end - start), y: sumY / (end - start) };
}

function largestTriangle(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  before: number,
  after: Point,
  start: number,
  end: number,
): number {
  const [beforeX, beforeY] = [x[before]!, y[before]!];
  let best = start;
  let bestArea = -1;
  for (let index = start; index < end; index++) {
    const area = Math.abs((beforeX - after.x) * (y[index]! - beforeY) - (beforeX - x[index]!) * (after.y - beforeY));
    if (area > bestArea) [best, bestArea] = [index, area];
  }
  return best;
}

/** One row of a chart; `null` where a line has no point. */
interface ChartRow {
  readonly x: number;
  readonly raw: number | null;
  readonly smooth: number | null;
}

export interface ChartSeries {
  /** At most `limit` rows, ascending in x. */
  readonly rows: readonly ChartRow[];
  /** Where the value was not a finite number. */
  readonly gaps: readonly number[];
}

export interface ChartOptions {
  /** Weight of the moving average in [0, 1); 0 draws no smoothed line. Never given for evaluation points. */
  readonly smoothing: number;
  readonly limit?: number;
  /** Only what lies between these positions, ends included. */
  readonly range?: readonly [from: number, to: number] | null;
}

/** Up to this many marks for values that are not numbers; more would hide the chart. */
const MAX_GAPS = 40;

/**
 * Rows for a chart: the faint line of what was logged and, with smoothing, the line through it. Smoothed whole, cut to
 * the range, and thinned out last, so that a closer look shows more points.
 * @param positions [N] of the values [N] on the horizontal axis, ascending.
 */
export function toChart(
  positions: Float64Array,
  values: Float64Array,
  { smoothing, limit = 800, range = null }: ChartOptions,
): ChartSeries {
  const smoothed = smoothing > 0 ? smoothEma(values, smoothing) : values;
  const [start, end] = range
    ? [lowerBound(positions, range[0]), lowerBound(positions, range[1], true)]
    : [0, values.length];
  const shown = finiteIndices(values, start, end);
  const x = valuesAt(positions, shown);
  const y = valuesAt(values, shown);
  const share = smoothing > 0 ? Math.floor(limit / 2) : limit;
  const raw = new Set(decimateMinMax(y, share));
  const through = smoothing > 0 ? valuesAt(smoothed, shown) : y;
  const line = new Set(smoothing > 0 ? decimateLttb(x, through, share) : []);
  const indices = [...new Set([...raw, ...line])].sort((a, b) => a - b);
  const rows = indices.map((index) => ({
    x: x[index]!,
    raw: raw.has(index) ? y[index]! : null,
    smooth: line.has(index) ? through[index]! : null,
  }));
  return { rows, gaps: gapPositions(values, positions, start, end) };
}

function finiteIndices(values: Float64Array, start: number, end: number): Uint32Array {
  const indices = new Uint32Array(Math.max(0, end - start));
  let count = 0;
  for (let index = start; index < end; index++) if (Number.isFinite(values[index])) indices[count++] = index;
  return indices.subarray(0, count);
}

/** A loop: `Float64Array.from` calls a function for each of what may be a hundred thousand. */
function valuesAt(values: Float64Array, indices: Uint32Array): Float64Array {
  const found = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) found[i] = values[indices[i]!]!;
  return found;
}

/** The first index whose position is at least `bound`, or above it. */
function lowerBound(positions: Float64Array, bound: number, above = false): number {
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positions[middle]! < bound || (above && positions[middle]! === bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function gapPositions(values: Float64Array, positions: Float64Array, start: number, end: number): number[] {
  const gaps: number[] = [];
  for (let index = start; index < end && gaps.length < MAX_GAPS; index++)
    if (!Number.isFinite(values[index])) gaps.push(positions[index]!);
  return gaps;
}

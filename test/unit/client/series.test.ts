import { describe, expect, it } from 'vitest';
import { MetricColumns } from '#client/metric-columns.ts';
import { decimateLttb, decimateMinMax, smoothEma, toChart } from '#client/series.ts';

const wave = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(i / 50));
const steps = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i);

describe('smoothEma', () => {
  it('is the weighted mean of what came so far', () => {
    const smoothed = smoothEma(Float64Array.of(4, 0, 2), 0.5);
    expect(smoothed[0]).toBe(4);
    expect(smoothed[1]).toBeCloseTo(4 / 3, 12);
    expect(smoothed[2]).toBeCloseTo((4 + 4 * 2) / 7, 12);
  });

  it('leaves a constant alone, from the first point on', () => {
    for (const value of smoothEma(new Float64Array(50).fill(3), 0.99)) expect(value).toBeCloseTo(3, 10);
  });

  it('returns the values without weight', () => {
    expect(Array.from(smoothEma(Float64Array.of(1, 5, 2), 0))).toEqual([1, 5, 2]);
  });

  it('is not poisoned by what is no number', () => {
    const smoothed = smoothEma(Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 1), 0.9);
    expect(smoothed[1]).toBeNaN();
    expect(smoothed[2]).toBe(Number.POSITIVE_INFINITY);
    expect(smoothed[3]).toBeCloseTo(1, 12);
  });
});

describe('decimateMinMax', () => {
  it('keeps every spike, the first and the last', () => {
    const y = wave(100_000);
    y[54_321] = 100;
    y[777] = -100;
    const kept = decimateMinMax(y, 400);
    expect(kept.length).toBeLessThanOrEqual(400);
    expect(kept).toContain(54_321);
    expect(kept).toContain(777);
    expect(kept[0]).toBe(0);
    expect(kept.at(-1)).toBe(99_999);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
  });

  it('keeps a short series whole', () => {
    expect(decimateMinMax(Float64Array.of(3, 1, 2), 400)).toEqual([0, 1, 2]);
  });
});

describe('decimateLttb', () => {
  it('keeps the ends, the corner and the limit', () => {
    const y = new Float64Array(1000);
    y[500] = 10;
    const kept = decimateLttb(steps(1000), y, 50);
    expect(kept).toHaveLength(50);
    expect(kept[0]).toBe(0);
    expect(kept.at(-1)).toBe(999);
    expect(kept).toContain(500);
    expect(new Set(kept).size).toBe(50);
  });
});

describe('toChart', () => {
  it('draws at most 800 rows of 100,000 points, smoothed before they are thinned', () => {
    const y = wave(100_000);
    y[54_321] = 100;
    const { rows } = toChart(steps(y.length), y, { smoothing: 0.9 });
    expect(rows.length).toBeLessThanOrEqual(800);
    expect(rows.length).toBeGreaterThan(400);
    expect(rows.find((row) => row.x === 54_321)?.raw).toBe(100);
    const smoothed = smoothEma(y, 0.9);
    for (const row of rows) if (row.smooth !== null) expect(row.smooth).toBe(smoothed[row.x]);
    expect(rows.at(-1)?.smooth).toBe(smoothed.at(-1));
  });

  it('draws no second line without smoothing', () => {
    const { rows } = toChart(Float64Array.of(0, 0.01), Float64Array.of(1, 2), { smoothing: 0 });
    expect(rows).toEqual([
      { x: 0, raw: 1, smooth: null },
      { x: 0.01, raw: 2, smooth: null },
    ]);
  });

  it('shows a part, its ends included, in more detail and smoothed as the whole', () => {
    const y = wave(100_000);
    const { rows } = toChart(steps(y.length), y, { smoothing: 0.9, range: [500, 699] });
    expect([rows[0]?.x, rows.at(-1)?.x, rows.length]).toEqual([500, 699, 200]);
    expect(rows[0]?.smooth).toBe(smoothEma(y, 0.9)[500]);
    expect(toChart(steps(10), wave(10), { smoothing: 0, range: [20, 30] }).rows).toEqual([]);
  });

  it('marks where the value is no number', () => {
    const { rows, gaps } = toChart(steps(3), Float64Array.of(1, Number.NaN, 3), { smoothing: 0 });
    expect(gaps).toEqual([1]);
    expect(rows.map((row) => row.x)).toEqual([0, 2]);
  });
});

describe('the axes of time', () => {
  const columns = new MetricColumns();
  const measure = { epoch: 0, lossScale: null, samplesPerSecond: 8, gpuBytes: null };
  for (const step of [1, 2, 3, 4]) columns.append({ step, epoch: step / 10, loss: 1 });
  columns.appendMeasure({ ...measure, step: 2, at: 10_000, activeMs: 1000 });
  columns.appendMeasure({ ...measure, step: 4, at: 40_000, activeMs: 3000 });

  it('lie on straight lines between what was measured', () => {
    const loss = columns.series('loss')!;
    expect([...columns.positions(loss, 'active')]).toEqual([1000, 1000, 2000, 3000]);
    expect([...columns.positions(loss, 'wall')]).toEqual([1000, 1000, 16_000, 31_000]);
    expect([...columns.positions(loss, 'epoch')]).toEqual([0.1, 0.2, 0.3, 0.4]);
  });

  it('know where a step stands', () => {
    expect(columns.positionOf(3, 'step')).toBe(3);
    expect(columns.positionOf(3, 'active')).toBe(2000);
    expect(columns.positionOf(3, 'epoch')).toBeCloseTo(0.3, 12);
  });

  it('are zero where nothing was measured, and measures are metrics of their own', () => {
    const empty = new MetricColumns();
    empty.append({ step: 1, epoch: 1, loss: 1 });
    expect([...empty.positions(empty.series('loss')!, 'active')]).toEqual([0]);
    expect(columns.names()).toEqual(['loss', 'samples_per_second']);
  });
});

describe('MetricColumns', () => {
  it('grows one column a metric and leaves lists out', () => {
    const columns = new MetricColumns();
    for (let step = 1; step <= 200; step++) columns.append({ step, epoch: step / 10, loss: step * 2 });
    columns.append({ step: 200, epoch: 20, eval_loss: 0.5, eval_confusion_matrix: [[1, 0]] });
    expect(columns.names()).toEqual(['loss', 'eval_loss']);
    expect(columns.series('loss')?.values[199]).toBe(400);
    expect(columns.series('eval_loss')).toEqual({
      steps: Float64Array.of(200),
      epochs: Float64Array.of(20),
      values: Float64Array.of(0.5),
    });
    expect(columns.series('nothing')).toBeNull();
  });
});

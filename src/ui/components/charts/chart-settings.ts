// How charts are drawn: kept in the address of the screen, so that a copied one shows the same.

import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { CHART_AXES, type ChartAxis } from '#client/metric-columns.ts';

export interface ChartSettings {
  readonly axis: ChartAxis;
  /** Weight of the moving average, in [0, 0.99]. */
  readonly smoothing: number;
  readonly logX: boolean;
  readonly logY: boolean;
  /** The least and greatest hundredth set no bounds of the vertical axis. */
  readonly hidesOutliers: boolean;
  /** Shown part of the horizontal axis; null: all. */
  readonly range: readonly [from: number, to: number] | null;
}

const DEFAULTS: ChartSettings = {
  axis: 'step',
  smoothing: 0.6,
  logX: false,
  logY: false,
  hidesOutliers: false,
  range: null,
};

export function readChartSettings(params: URLSearchParams): ChartSettings {
  const number = (name: string): number | null => {
    const value = params.get(name);
    return value === null || value === '' || !Number.isFinite(Number(value)) ? null : Number(value);
  };
  const [from, to] = [number('from'), number('to')];
  return {
    axis: CHART_AXES.find((axis) => axis === params.get('x')) ?? DEFAULTS.axis,
    smoothing: Math.min(0.99, Math.max(0, number('smooth') ?? DEFAULTS.smoothing)),
    logX: params.has('logx'),
    logY: params.has('logy'),
    hidesOutliers: params.has('clip'),
    range: from !== null && to !== null && from < to ? [from, to] : null,
  };
}

/** Leaves what belongs to others, and what is as usual, out. */
export function writeChartSettings(before: URLSearchParams, settings: ChartSettings): URLSearchParams {
  const params = new URLSearchParams(before);
  const put = (name: string, value: string | null): void => {
    if (value === null) params.delete(name);
    else params.set(name, value);
  };
  put('x', settings.axis === DEFAULTS.axis ? null : settings.axis);
  put('smooth', settings.smoothing === DEFAULTS.smoothing ? null : String(settings.smoothing));
  put('logx', settings.logX ? '1' : null);
  put('logy', settings.logY ? '1' : null);
  put('clip', settings.hidesOutliers ? '1' : null);
  put('from', settings.range ? String(settings.range[0]) : null);
  put('to', settings.range ? String(settings.range[1]) : null);
  return params;
}

export function useChartSettings(): readonly [ChartSettings, (change: Partial<ChartSettings>) => void] {
  const [params, setParams] = useSearchParams();
  const settings = useMemo(() => readChartSettings(params), [params]);
  const change = (changed: Partial<ChartSettings>): void =>
    setParams((before) => writeChartSettings(before, { ...readChartSettings(before), ...changed }), { replace: true });
  return [settings, change];
}

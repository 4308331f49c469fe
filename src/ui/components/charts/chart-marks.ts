// What happened during a run, as marks on its charts: lines at their step, alike ones close together drawn once.

import type { MetricColumns } from '#client/metric-columns.ts';
import type { RunEventKind, RunNotice } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import type { ChartSettings } from './chart-settings.ts';

export interface ChartMark {
  readonly x: number;
  readonly step: number;
  readonly kind: RunEventKind;
}

export const MARKS: Readonly<
  Record<RunEventKind, { readonly sign: string; readonly color: string; readonly label: string }>
> = {
  save: { sign: '↓', color: 'var(--mantine-color-gray-6)', label: msg`saved` },
  best: { sign: '★', color: 'var(--mantine-color-yellow-7)', label: msg`saved, the best so far` },
  resume: { sign: '↻', color: 'var(--mantine-color-blue-6)', label: msg`resumed` },
  change: { sign: 'Δ', color: 'var(--mantine-color-grape-6)', label: msg`arguments changed` },
  pause: { sign: 'Ⅱ', color: 'var(--mantine-color-gray-6)', label: msg`paused` },
  'not-finite': { sign: '!', color: 'var(--mantine-color-red-7)', label: msg`loss not finite` },
  skipped: { sign: '×', color: 'var(--mantine-color-orange-7)', label: msg`step skipped` },
  'device-lost': { sign: '⚡', color: 'var(--mantine-color-red-7)', label: msg`device lost` },
};

/** More would hide the curve. */
const MOST = 60;

export function chartMarks(
  notices: readonly RunNotice[],
  columns: MetricColumns,
  { axis, range }: Pick<ChartSettings, 'axis' | 'range'>,
): readonly ChartMark[] {
  const marks = notices.flatMap(({ kind, step }) => (kind ? [{ kind, step, x: columns.positionOf(step, axis) }] : []));
  const shown = range ? marks.filter(({ x }) => x >= range[0] && x <= range[1]) : marks;
  const every = Math.ceil(shown.length / MOST);
  return shown.filter(({ kind }, i) => kind !== 'save' || i % every === 0).slice(-2 * MOST);
}

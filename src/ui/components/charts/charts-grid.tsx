// The charts of one run or of several, laid over each other, with their shared settings. The lazily loaded chunk: nothing
// else imports recharts.

import { SimpleGrid, Stack } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import type { MetricColumns } from '#client/metric-columns.ts';
import type { RunNotice } from '#protocol/messages.ts';
import { t } from '../../language/translate.ts';
import { chartMarks } from './chart-marks.ts';
import type { ChartLine } from './chart-rows.ts';
import { useChartSettings } from './chart-settings.ts';
import { ChartToolbar } from './chart-toolbar.tsx';
import { groupMetrics } from './group-metrics.ts';
import { type ChartSpec, MarkLegend, MetricChart } from './metric-chart.tsx';

export interface ChartedRun {
  readonly id: string;
  readonly name: string;
  readonly columns: MetricColumns;
  readonly version: number;
  readonly notices: readonly RunNotice[];
}

interface ChartsGridProps {
  /** The first is the one whose marks are drawn. At least one. */
  readonly runs: readonly ChartedRun[];
  /** The loss alone, as on an overview. */
  readonly lossOnly?: boolean;
  readonly onPick?: (step: number) => void;
}

const COLORS = ['cyan-7', 'orange-6', 'grape-6', 'teal-7', 'red-6', 'indigo-5', 'lime-8', 'pink-6'].map(
  (name) => `var(--mantine-color-${name})`,
);
const colorAt = (index: number): string => COLORS[index % COLORS.length]!;

export function ChartsGrid({ runs, lossOnly = false, onPick }: ChartsGridProps) {
  const [settings, change] = useChartSettings();
  useHotkeys([['L', () => change({ logY: !settings.logY })]]);
  const [first] = runs;
  if (!first) return null;
  const marks = chartMarks(first.notices, first.columns, settings);
  const version = runs.reduce((sum, run) => sum + run.version, 0);
  const specs = specsOf(runs);
  return (
    <Stack gap="sm" component="section" aria-label={t`Charts`}>
      {!lossOnly && <ChartToolbar settings={settings} onChange={change} />}
      <MarkLegend marks={marks} />
      <SimpleGrid cols={lossOnly ? 1 : { base: 1, sm: 2 }} spacing="md">
        {(lossOnly ? specs.slice(0, 1) : specs).map((spec) => (
          <MetricChart
            key={spec.id}
            spec={spec}
            marks={marks}
            version={version}
            settings={settings}
            onZoom={(range) => change({ range })}
            onPick={onPick}
          />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function specsOf(runs: readonly ChartedRun[]): readonly ChartSpec[] {
  const names = [...new Set(runs.flatMap(({ columns }) => columns.names()))];
  return groupMetrics(names).map(({ id, title, metrics }) => ({
    id,
    title,
    lines: metrics.flatMap(({ metric, label, kind }, place) =>
      runs.map((run, index): ChartLine => {
        const isAlone = runs.length === 1;
        return {
          key: `${run.id} ${metric}`,
          metric,
          columns: run.columns,
          label: isAlone ? label : metrics.length === 1 ? run.name : `${run.name} · ${label}`,
          kind,
          color: colorAt(isAlone ? place : index),
        };
      }),
    ),
  }));
}

// All charts of a run with their shared settings. Default of the lazily loaded chunk: nothing else imports recharts.

import { Group, SegmentedControl, SimpleGrid, Slider, Stack, Text } from '@mantine/core';
import { memo, useState } from 'react';
import type { MetricColumns } from '#client/metric-columns.ts';
import { metricLabel } from '../../format.ts';
import { t } from '../../language/translate.ts';
import { type ChartLine, MetricChart } from './metric-chart.tsx';
import { chartedMetrics } from './run-model.ts';

interface ChartsPanelProps {
  readonly columns: MetricColumns;
  /** Grows with the columns, which stay the same object. */
  readonly version: number;
}

interface ChartSpec {
  readonly title: string;
  readonly lines: readonly ChartLine[];
}

function chartsOf(names: readonly string[]): readonly ChartSpec[] {
  const losses: ChartLine[] = [{ metric: 'loss', label: t`training`, kind: 'curve' }];
  if (names.includes('eval_loss')) losses.push({ metric: 'eval_loss', label: t`validation`, kind: 'points' });
  return [
    { title: t`Loss`, lines: losses },
    { title: t`Learning rate`, lines: [{ metric: 'learning_rate', label: t`learning rate`, kind: 'exact' }] },
    { title: t`Gradient norm`, lines: [{ metric: 'grad_norm', label: t`gradient norm`, kind: 'curve' }] },
    ...Array.from(chartedMetrics(names), ([kind, metrics]): ChartSpec => {
      const title = metricLabel(kind);
      const lines = metrics.map((metric) => ({ metric, label: metricLabel(metric), kind: 'points' as const }));
      return { title: title.charAt(0).toUpperCase() + title.slice(1), lines };
    }),
  ];
}

export const ChartsPanel = memo(function ChartsPanel({ columns, version }: ChartsPanelProps) {
  const [smoothing, setSmoothing] = useState(0.6);
  const [axis, setAxis] = useState<'step' | 'epoch'>('step');
  return (
    <Stack gap="md" component="section" aria-label={t`Charts`}>
      <Group gap="lg">
        <Group gap="sm" style={{ flex: 1, minWidth: 220 }} maw={360} wrap="nowrap">
          <Text size="sm" aria-hidden="true">{t`Smoothing`}</Text>
          <Slider
            thumbLabel={t`Smoothing`}
            data-testid="smoothing"
            style={{ flex: 1 }}
            min={0}
            max={0.99}
            step={0.01}
            value={smoothing}
            onChange={setSmoothing}
            label={(value) => value.toFixed(2)}
          />
          <Text size="sm" className="numeric" w={36}>
            {smoothing.toFixed(2)}
          </Text>
        </Group>
        <SegmentedControl
          size="xs"
          aria-label={t`Horizontal axis`}
          data-testid="chart-axis"
          value={axis}
          onChange={(value) => setAxis(value === 'epoch' ? 'epoch' : 'step')}
          data={[
            { value: 'step', label: t`Step` },
            { value: 'epoch', label: t`Epoch` },
          ]}
        />
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {chartsOf(columns.names()).map(({ title, lines }) => (
          <MetricChart
            key={title}
            title={title}
            lines={lines}
            columns={columns}
            version={version}
            axis={axis}
            smoothing={smoothing}
          />
        ))}
      </SimpleGrid>
    </Stack>
  );
});

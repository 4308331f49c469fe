// One chart: faint line of what was logged, bold line through it, dots for evaluations.

import { Group, Paper, Text, Title } from '@mantine/core';
import { memo } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { MetricColumns } from '#client/metric-columns.ts';
import { formatNumber } from '../../format.ts';
import { t } from '../../language/translate.ts';
import { type ChartLine, describeMetric, mergeRows, smoothKey, verticalDomain } from './chart-rows.ts';

export type { ChartLine } from './chart-rows.ts';

interface MetricChartProps {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly columns: MetricColumns;
  /** Drawn again when it changes: the columns grow in place. */
  readonly version: number;
  readonly axis: 'step' | 'epoch';
  readonly smoothing: number;
}

const COLORS = ['var(--mantine-color-cyan-7)', 'var(--mantine-color-orange-6)'] as const;
const AXIS = { fontSize: 11, fill: 'var(--mantine-color-dimmed)' };
const HEIGHT = 210;
const FEW = 12;

export const MetricChart = memo(function MetricChart({ title, lines, columns, axis, smoothing }: MetricChartProps) {
  const { rows, gaps } = mergeRows(columns, lines, { axis, smoothing });
  return (
    <Paper withBorder p="sm" radius="md" component="figure" m={0} data-testid={`chart-${lines[0]?.metric ?? title}`}>
      <Group component="figcaption" justify="space-between" gap="xs" mb={4}>
        <Title order={3} size="h6">
          {title}
        </Title>
        <Group gap="sm">
          {lines.map((line, index) => (
            <Text key={line.metric} size="xs" c="dimmed" className="numeric">
              <span aria-hidden="true" style={{ color: COLORS[index % COLORS.length] }}>
                ●{' '}
              </span>
              {line.label} {describeMetric(columns, line.metric)}
            </Text>
          ))}
        </Group>
      </Group>
      <ResponsiveContainer width="100%" height={HEIGHT}>
        <LineChart data={[...rows]} margin={{ top: 6, right: 8, bottom: 0, left: 0 }} accessibilityLayer>
          <CartesianGrid stroke="var(--mantine-color-default-border)" strokeDasharray="2 4" vertical={false} />
          <XAxis
            dataKey="x"
            type="number"
            domain={[0, 'dataMax']}
            allowDecimals={axis === 'epoch'}
            tick={AXIS}
            tickFormatter={formatNumber}
            stroke="var(--mantine-color-default-border)"
          />
          <YAxis
            width={52}
            domain={verticalDomain(rows)}
            tick={AXIS}
            tickFormatter={formatNumber}
            stroke="var(--mantine-color-default-border)"
          />
          <Tooltip
            isAnimationActive={false}
            formatter={(value) => formatNumber(Number(value))}
            labelFormatter={(label) => `${axis} ${formatNumber(Number(label))}`}
            contentStyle={{
              background: 'var(--mantine-color-body)',
              border: '1px solid var(--mantine-color-default-border)',
              borderRadius: 8,
              fontSize: 12,
            }}
          />
          {gaps.map((gap) => (
            <ReferenceLine key={gap} x={gap} stroke="var(--mantine-color-red-6)" strokeDasharray="3 3" />
          ))}
          {lines.flatMap((line, index) =>
            drawLine(line, { color: COLORS[index % COLORS.length] ?? COLORS[0], smoothing, few: rows.length <= FEW }),
          )}
        </LineChart>
      </ResponsiveContainer>
      {gaps.length > 0 && <Text size="xs" c="red">{t`Dashed: the value was not a number.`}</Text>}
    </Paper>
  );
});

interface DrawOptions {
  readonly color: string;
  readonly smoothing: number;
  /** So few points that a line alone would hardly be seen; a single one not at all. */
  readonly few: boolean;
}

function drawLine(line: ChartLine, { color, smoothing, few }: DrawOptions) {
  const shared = { isAnimationActive: false, connectNulls: true, stroke: color, type: 'linear' as const };
  const dots = line.kind === 'points' ? { r: 3, fill: color } : few ? { r: 2, fill: color } : false;
  const smoothed = line.kind === 'curve' && smoothing > 0;
  const raw = (
    <Line
      key={line.metric}
      {...shared}
      dataKey={line.metric}
      name={smoothed ? t`${line.label} (logged)` : line.label}
      dot={dots}
      strokeWidth={smoothed ? 1 : 2}
      strokeOpacity={smoothed ? 0.35 : 1}
    />
  );
  if (!smoothed) return [raw];
  return [
    raw,
    <Line
      key={smoothKey(line.metric)}
      {...shared}
      dataKey={smoothKey(line.metric)}
      name={line.label}
      dot={false}
      strokeWidth={2}
    />,
  ];
}

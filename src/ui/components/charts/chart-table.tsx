// The twin of a chart for those who do not see it, or want the numbers: the latest points, newest first.

import { Table, Text } from '@mantine/core';
import { formatCount } from '../../format.ts';
import { t } from '../../language/translate.ts';
import { scrollable } from '../scrollable.ts';
import { type ChartLine, formatValue } from './chart-rows.ts';

const SHOWN = 60;

export function ChartTable({ title, lines }: { title: string; lines: readonly ChartLine[] }) {
  const rows = latestRows(lines);
  return (
    <Table.ScrollContainer minWidth={260} mah={260} scrollAreaProps={scrollable(title)}>
      <Table fz="xs" className="numeric" aria-label={title} data-testid="chart-table">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t`Step`}</Table.Th>
            {lines.map(({ key, label }) => (
              <Table.Th key={key}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ step, values }) => (
            <Table.Tr key={step}>
              <Table.Td>{formatCount(step)}</Table.Td>
              {lines.map(({ key, metric }) => (
                <Table.Td key={key}>{values[key] === undefined ? '' : formatValue(metric, values[key])}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {rows.length === SHOWN && <Text size="xs" c="dimmed">{t`The latest ${SHOWN} steps; the CSV file has all.`}</Text>}
    </Table.ScrollContainer>
  );
}

interface TableRow {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

function latestRows(lines: readonly ChartLine[]): TableRow[] {
  const rows = new Map<number, Record<string, number>>();
  for (const { key, metric, columns } of lines) {
    const series = columns.series(metric);
    if (!series) continue;
    for (let i = Math.max(0, series.steps.length - SHOWN); i < series.steps.length; i++) {
      const step = series.steps[i]!;
      rows.set(step, { ...rows.get(step), [key]: series.values[i]! });
    }
  }
  return [...rows]
    .map(([step, values]) => ({ step, values }))
    .sort((a, b) => b.step - a.step)
    .slice(0, SHOWN);
}

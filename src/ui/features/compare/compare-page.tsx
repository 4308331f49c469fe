// Runs side by side: their curves over each other, what was told them differently, and what came of it. Which runs is
// part of the address.

import { Anchor, MultiSelect, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { Suspense } from 'react';
import { Link } from 'wouter';
import type { RunSnapshot } from '#client/run-store.ts';
import type { RunId } from '#protocol/ids.ts';
import { ChartsGrid } from '../../components/charts/load-charts.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatNumber, formatTime, metricLabel } from '../../format.ts';
import { useLibrary } from '../../hooks/studio-context.ts';
import { useAddressList } from '../../hooks/use-address-list.ts';
import { useRunSnapshots } from '../../hooks/use-run.ts';
import { t } from '../../language/translate.ts';
import { describeChange, differences, results } from './compare-model.ts';

export function ComparePage() {
  const [given, choose] = useAddressList('ids');
  const { runs } = useLibrary();
  // Without any in the address: the two latest.
  const ids = (given?.length ? given : (runs ?? []).slice(0, 2).map(({ runId }) => runId)) as RunId[];
  const { snapshots, error } = useRunSnapshots(ids);
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">{t`Compare runs`}</Title>
      {runs !== null && runs.length === 0 ? (
        <Text c="dimmed">{t`There is no run yet.`}</Text>
      ) : (
        <MultiSelect
          label={t`Runs`}
          data-testid="compare-runs"
          data={(runs ?? []).map(({ runId, name, createdAt }) => ({
            value: runId,
            label: `${name} · ${formatTime(createdAt)}`,
          }))}
          value={ids}
          onChange={choose}
          maxValues={6}
          searchable
        />
      )}
      {error && <ErrorAlert error={error} />}
      {snapshots.length > 0 && <Comparison runs={snapshots} />}
    </Stack>
  );
}

function Comparison({ runs }: { runs: readonly RunSnapshot[] }) {
  const byAge = runs.toSorted((a, b) => a.summary.createdAt - b.summary.createdAt);
  const [before, latest] = byAge.slice(-2);
  const change = before && latest ? describeChange(before, latest) : null;
  return (
    <>
      {before && latest && (
        <Text size="sm" data-testid="what-changed">
          {change === null
            ? t`${latest.summary.name} was told the same as ${before.summary.name}.`
            : t`From ${before.summary.name} to ${latest.summary.name}: ${change}.`}
        </Text>
      )}
      <ResultTable runs={runs} />
      <DifferenceTable runs={runs} />
      <Suspense fallback={<Skeleton height={260} radius="md" aria-label={t`Loading charts`} />}>
        <ChartsGrid
          runs={runs.map(({ summary, columns, columnsVersion }) => ({
            id: summary.runId,
            name: summary.name,
            columns,
            version: columnsVersion,
            notices: [],
          }))}
        />
      </Suspense>
    </>
  );
}

interface RunTableProps {
  readonly title: string;
  /** Head of the column of names. */
  readonly first: string;
  readonly runs: readonly RunSnapshot[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly string[]; readonly best?: number | null }[];
  readonly testId: string;
}

/** A row for each name, a column for each run. */
function RunTable({ title, first, runs, rows, testId }: RunTableProps) {
  return (
    <Table.ScrollContainer minWidth={160 + 140 * runs.length} scrollAreaProps={scrollable(title)}>
      <Table fz="sm" className="numeric" aria-label={title} data-testid={testId}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{first}</Table.Th>
            {runs.map(({ summary }) => (
              <Table.Th key={summary.runId}>
                <Anchor component={Link} href={`/run/${summary.runId}`} inherit>
                  {summary.name}
                </Anchor>
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ name, cells, best = null }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{name}</Table.Th>
              {runs.map(({ summary }, i) => (
                <Table.Td key={summary.runId} fw={best === i ? 700 : 400} style={{ overflowWrap: 'anywhere' }}>
                  {cells[i]}
                  {best === i && ' ★'}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function ResultTable({ runs }: { runs: readonly RunSnapshot[] }) {
  const rows = results(runs).map(({ name, values, best }) => ({
    name: name === 'loss' ? t`training loss, last` : metricLabel(name),
    cells: values.map((value) => (value === null ? '–' : formatNumber(value))),
    best,
  }));
  return (
    <Stack gap="xs" component="section" aria-label={t`Results`}>
      <Title order={2} size="h4">{t`Results`}</Title>
      <RunTable
        title={t`Results`}
        first={t`Metric (its best over the run)`}
        runs={runs}
        rows={rows}
        testId="compare-results"
      />
    </Stack>
  );
}

function DifferenceTable({ runs }: { runs: readonly RunSnapshot[] }) {
  const rows = differences(runs).map(({ name, values }) => ({ name, cells: values }));
  if (runs.length < 2) return null;
  return (
    <Stack gap="xs" component="section" aria-label={t`What differs`}>
      <Title order={2} size="h4">{t`What differs`}</Title>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">{t`Nothing: model, data and arguments are the same.`}</Text>
      ) : (
        <RunTable title={t`What differs`} first={t`Argument`} runs={runs} rows={rows} testId="compare-differences" />
      )}
    </Stack>
  );
}

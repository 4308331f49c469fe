// Runs side by side: their curves over each other, what was told them differently, and what came of it. Which runs is
// part of the address.

import { Anchor, MultiSelect, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { Suspense } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { RunSnapshot } from '#client/run-store.ts';
import type { RunId } from '#protocol/ids.ts';
import { ChartsGrid } from '../../components/charts/load-charts.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatNumber, formatTime, metricLabel } from '../../format.ts';
import { useLibrary } from '../../hooks/studio-context.ts';
import { useRunSnapshots } from '../../hooks/use-run.ts';
import { t } from '../../language/translate.ts';
import { describeChange, differences, results } from './compare-model.ts';

export function ComparePage() {
  const [params, setParams] = useSearchParams();
  const { runs } = useLibrary();
  const given = (params.get('ids') ?? '').split(',').filter((id) => id !== '');
  // Without any in the address: the two latest.
  const ids = (given.length > 0 ? given : (runs ?? []).slice(0, 2).map(({ runId }) => runId)) as RunId[];
  const { snapshots, error } = useRunSnapshots(ids);
  const choose = (next: readonly string[]): void =>
    setParams(
      (before) => {
        const changed = new URLSearchParams(before);
        changed.set('ids', next.join(','));
        return changed;
      },
      { replace: true },
    );
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

function Heads({ first, runs }: { first: string; runs: readonly RunSnapshot[] }) {
  return (
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
  );
}

function ResultTable({ runs }: { runs: readonly RunSnapshot[] }) {
  return (
    <Stack gap="xs" component="section" aria-label={t`Results`}>
      <Title order={2} size="h4">{t`Results`}</Title>
      <Table.ScrollContainer minWidth={160 + 140 * runs.length} scrollAreaProps={scrollable(t`Results`)}>
        <Table fz="sm" className="numeric" aria-label={t`Results`} data-testid="compare-results">
          <Heads first={t`Metric (its best over the run)`} runs={runs} />
          <Table.Tbody>
            {results(runs).map(({ name, values, best }) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name === 'loss' ? t`training loss, last` : metricLabel(name)}</Table.Th>
                {values.map((value, i) => (
                  <Table.Td key={runs[i]!.summary.runId} fw={best === i ? 700 : 400}>
                    {value === null ? '–' : formatNumber(value)}
                    {best === i && ' ★'}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

function DifferenceTable({ runs }: { runs: readonly RunSnapshot[] }) {
  const rows = differences(runs);
  if (runs.length < 2) return null;
  return (
    <Stack gap="xs" component="section" aria-label={t`What differs`}>
      <Title order={2} size="h4">{t`What differs`}</Title>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">{t`Nothing: model, data and arguments are the same.`}</Text>
      ) : (
        <Table.ScrollContainer minWidth={160 + 140 * runs.length} scrollAreaProps={scrollable(t`What differs`)}>
          <Table fz="sm" aria-label={t`What differs`} data-testid="compare-differences">
            <Heads first={t`Argument`} runs={runs} />
            <Table.Tbody>
              {rows.map(({ name, values }) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row">{name}</Table.Th>
                  {values.map((value, i) => (
                    <Table.Td key={runs[i]!.summary.runId} style={{ overflowWrap: 'anywhere' }}>
                      {value}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}

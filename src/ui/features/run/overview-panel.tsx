// The run at a glance: its loss, what comes next, and how well it does.

import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { Suspense } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import { ChartsGrid } from '../../components/charts/load-charts.ts';
import { Fact } from '../../components/fact.tsx';
import { formatCount, formatNumber, metricLabel } from '../../format.ts';
import { t } from '../../language/translate.ts';
import { chartedRun } from './charted-run.ts';
import { HotArguments } from './hot-arguments.tsx';
import { latestEvaluation, nextEvents } from './run-model.ts';

export function OverviewPanel({ snapshot }: { snapshot: RunSnapshot }) {
  const evaluation = latestEvaluation(snapshot.log, snapshot.detail.labels);
  return (
    <Stack gap="md">
      <Suspense fallback={<Skeleton height={260} radius="md" aria-label={t`Loading charts`} />}>
        <ChartsGrid runs={[chartedRun(snapshot)]} lossOnly />
      </Suspense>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="sm" data-testid="evaluation">
        {nextEvents(snapshot).map(({ name, step }) => (
          <Fact key={name} name={name} value={t`at step ${formatCount(step)}`} />
        ))}
        {evaluation?.metrics.slice(0, 6).map(([name, value]) => (
          <Fact key={name} name={metricLabel(name)} value={formatNumber(value)} />
        ))}
      </SimpleGrid>
      <HotArguments snapshot={snapshot} />
    </Stack>
  );
}

// Charts and the latest evaluation. The charts' code comes in a chunk of its own.

import { Skeleton, Stack } from '@mantine/core';
import { useDocumentVisibility } from '@mantine/hooks';
import { lazy, Suspense, useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import { t } from '../../language/translate.ts';
import { EvaluationView } from './evaluation-view.tsx';
import { loadCharts } from './load-charts.ts';
import { latestEvaluation } from './run-model.ts';

const ChartsPanel = lazy(() => loadCharts().then(({ ChartsPanel: component }) => ({ default: component })));

/** Nothing is drawn for a page that nobody sees. */
function useVisibleVersion(version: number): number {
  const hidden = useDocumentVisibility() === 'hidden';
  const [seen, setSeen] = useState(version);
  if (!hidden && seen !== version) setSeen(version);
  return seen;
}

export function OverviewPanel({ snapshot }: { snapshot: RunSnapshot }) {
  const version = useVisibleVersion(snapshot.logLength);
  const evaluation = latestEvaluation(snapshot.log, snapshot.detail.labels);
  return (
    <Stack gap="lg">
      <Suspense fallback={<Skeleton height={260} radius="md" aria-label={t`Loading charts`} />}>
        <ChartsPanel columns={snapshot.columns} version={version} />
      </Suspense>
      {evaluation && <EvaluationView evaluation={evaluation} labels={snapshot.detail.labels} />}
    </Stack>
  );
}

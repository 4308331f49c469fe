// How well the model does: the latest evaluation, and the examples behind its numbers.

import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import { t } from '../../language/translate.ts';
import { EvaluationView } from './evaluation-view.tsx';
import { type ExampleFilter, ExamplesView } from './examples-view.tsx';
import { bestCheckpoint, latestEvaluation } from './run-model.ts';

export function MetricsPanel({ snapshot }: { snapshot: RunSnapshot }) {
  const [filter, setFilter] = useState<ExampleFilter | null>(null);
  const { detail, log, checkpoints } = snapshot;
  const evaluation = latestEvaluation(log, detail.labels);
  const checkpoint = bestCheckpoint(checkpoints);
  if (!evaluation)
    return <Text c="dimmed">{t`Nothing was evaluated yet. "Evaluate now" does, while the run trains.`}</Text>;
  return (
    <Stack gap="lg">
      <EvaluationView evaluation={evaluation} labels={detail.labels} onCell={setFilter} />
      {checkpoint && (
        <ExamplesView runId={snapshot.summary.runId} checkpoint={checkpoint} filter={filter} onFilter={setFilter} />
      )}
    </Stack>
  );
}

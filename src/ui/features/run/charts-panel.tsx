// All charts of the run, with other runs laid over them. A click on a curve leads to the nearest checkpoint and to the
// rows of that step.

import { Button, Group, MultiSelect, Skeleton, Stack, Text } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useLocation } from 'wouter';
import type { RunSnapshot } from '#client/run-store.ts';
import type { RunId } from '#protocol/ids.ts';
import { ChartsGrid } from '../../components/charts/load-charts.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { formatCount } from '../../format.ts';
import { useLibrary } from '../../hooks/studio-context.ts';
import { useAddressList } from '../../hooks/use-address-list.ts';
import { useRunSnapshots } from '../../hooks/use-run.ts';
import { t } from '../../language/translate.ts';
import { BatchRows } from './batch-rows.tsx';
import { chartedRun } from './charted-run.ts';
import { nearestCheckpoint } from './run-model.ts';

export function ChartsPanel({ snapshot }: { snapshot: RunSnapshot }) {
  const [chosen, choose] = useAddressList('over');
  const [picked, setPicked] = useState<number | null>(null);
  const { runs } = useLibrary();
  const { runId } = snapshot.summary;
  const parent = snapshot.detail.parent?.runId;
  // A fork is drawn as a branch of what it came from.
  const over = (chosen ?? (parent ? [parent] : [])) as RunId[];
  const { snapshots, error } = useRunSnapshots(over);
  const others = (runs ?? []).filter((run) => run.runId !== runId);
  return (
    <Stack gap="md">
      {others.length > 0 && (
        <MultiSelect
          size="xs"
          maw={420}
          aria-label={t`Other runs laid over`}
          placeholder={over.length === 0 ? t`Lay other runs over these charts` : ''}
          data={others.map((run) => ({
            value: run.runId,
            label: run.runId === parent ? t`${run.name} (forked from)` : run.name,
          }))}
          value={over}
          onChange={choose}
          clearable
        />
      )}
      {error && <ErrorAlert error={error} />}
      {picked !== null && <PickedStep snapshot={snapshot} step={picked} onClose={() => setPicked(null)} />}
      <Suspense fallback={<Skeleton height={260} radius="md" aria-label={t`Loading charts`} />}>
        <ChartsGrid runs={[snapshot, ...snapshots].map(chartedRun)} onPick={setPicked} />
      </Suspense>
    </Stack>
  );
}

interface PickedStepProps {
  readonly snapshot: RunSnapshot;
  readonly step: number;
  readonly onClose: () => void;
}

function PickedStep({ snapshot, step, onClose }: PickedStepProps) {
  const [, navigate] = useLocation();
  const { runId } = snapshot.summary;
  const checkpoint = nearestCheckpoint(snapshot.checkpoints, step);
  return (
    <Stack gap="xs" data-testid="picked-step">
      <Group gap="xs">
        <Text size="sm" fw={600}>{t`Step ${formatCount(step)}`}</Text>
        {checkpoint && (
          <Button
            size="compact-xs"
            variant="light"
            onClick={() => navigate(`/run/${runId}/checkpoints?at=${checkpoint.checkpointId}`)}
          >{t`Nearest checkpoint: ${checkpoint.name}`}</Button>
        )}
        <Button size="compact-xs" variant="subtle" color="gray" onClick={onClose}>{t`Close`}</Button>
      </Group>
      <BatchRows key={step} runId={runId} step={step} />
    </Stack>
  );
}

// Name, state, progress and commands of a run.

import { Alert, Group, Paper, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { RunSnapshot } from '#client/run-store.ts';
import { fromWire } from '#protocol/errors.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Fact } from '../../components/fact.tsx';
import { Icon } from '../../components/icon.tsx';
import { RunStatusBadge } from '../../components/run-status.tsx';
import { formatBytes, formatCount, formatDuration, formatNumber, formatPercent } from '../../format.ts';
import { RunControls } from './run-controls.tsx';

export function RunHeader({ snapshot }: { snapshot: RunSnapshot }) {
  const { summary } = snapshot;
  const share = summary.maxSteps > 0 ? summary.step / summary.maxSteps : 0;
  return (
    <Paper withBorder radius="lg" p={{ base: 'md', sm: 'lg' }}>
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <Stack gap={2} style={{ minWidth: 0 }}>
            <Group gap="sm">
              <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
                {summary.name}
              </Title>
              <RunStatusBadge state={summary.state} size="lg" data-testid="run-status" />
            </Group>
            <Text size="sm" c="dimmed">
              {summary.modelName} on {summary.dataName}
            </Text>
          </Stack>
          {summary.owner !== 'other-tab' && <RunControls snapshot={snapshot} />}
        </Group>
        {summary.owner === 'other-tab' && (
          <Alert
            color="blue"
            icon={<Icon name="screen" />}
            title="This run is training in another tab"
            data-testid="watching"
          >
            You are watching: the charts below are live, the controls are in the other tab.
          </Alert>
        )}
        <Progress value={share * 100} size="lg" aria-label="Progress of the run" />
        <Figures snapshot={snapshot} />
        {summary.state.status === 'failed' && <ErrorAlert error={fromWire(summary.state.error)} />}
      </Stack>
    </Paper>
  );
}

function Figures({ snapshot }: { snapshot: RunSnapshot }) {
  const { summary, progress } = snapshot;
  const share = summary.maxSteps > 0 ? summary.step / summary.maxSteps : 0;
  const running = summary.owner !== 'none';
  const left = running ? (progress?.remainingMs ?? null) : null;
  const loss = progress?.recentLoss ?? snapshot.columns.series('loss')?.values.at(-1) ?? null;
  const { evaluation = null, gpuBytes = null, samplesPerSecond = null } = progress ?? {};
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="sm">
      <Fact
        name={`Step · ${formatPercent(share)}`}
        value={`${formatCount(summary.step)} / ${formatCount(summary.maxSteps)}`}
        testId="run-step"
      />
      <Fact name="Epoch" value={progress ? `${progress.epoch.toFixed(2)} / ${progress.numTrainEpochs}` : '–'} />
      <Fact name="Elapsed" value={progress ? formatDuration(progress.activeMs) : '–'} />
      <Fact name="Time left" value={left === null ? '–' : formatDuration(left)} testId="run-eta" />
      <Fact name="Samples per second" value={samplesPerSecond === null ? '–' : formatNumber(samplesPerSecond)} />
      <Fact name="Loss" value={loss === null ? '–' : formatNumber(loss)} testId="run-loss" />
      {evaluation && <Fact name="Evaluating" value={`batch ${evaluation.batch} / ${evaluation.batches}`} />}
      {gpuBytes !== null && <Fact name="GPU memory" value={formatBytes(gpuBytes)} />}
    </SimpleGrid>
  );
}

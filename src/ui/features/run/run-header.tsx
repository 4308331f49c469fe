// Name, state, progress and commands of a run.

import { Alert, Group, Paper, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { RunSnapshot } from '#client/run-store.ts';
import { fromWire } from '#protocol/errors.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Fact } from '../../components/fact.tsx';
import { HubAccess } from '../../components/hub-access.tsx';
import { Icon } from '../../components/icon.tsx';
import { RunStatusBadge } from '../../components/run-status.tsx';
import { formatBytes, formatCount, formatDuration, formatNumber, formatPercent } from '../../format.ts';
import { t } from '../../language/translate.ts';
import { RunControls } from './run-controls.tsx';
import { commandsFor, pushesToHub } from './run-model.ts';

export function RunHeader({ snapshot }: { snapshot: RunSnapshot }) {
  const { summary, detail } = snapshot;
  const wantsToken = commandsFor(summary.state).resume && pushesToHub(detail.setup.trainingArguments);
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
            <Text size="sm" c="dimmed">{t`${summary.modelName} on ${summary.dataName}`}</Text>
          </Stack>
          {summary.owner !== 'other-tab' && <RunControls snapshot={snapshot} />}
        </Group>
        {wantsToken && <HubAccess need={t`One that may write: push_to_hub is on, and resuming takes one.`} />}
        {summary.owner === 'other-tab' && (
          <Alert
            color="blue"
            icon={<Icon name="screen" />}
            title={t`This run is training in another tab`}
            data-testid="watching"
          >{t`You are watching: the charts below are live, the controls are in the other tab.`}</Alert>
        )}
        <Progress value={share * 100} size="lg" aria-label={t`Progress of the run`} />
        <Figures snapshot={snapshot} />
        {summary.state.status === 'failed' && <ErrorAlert error={fromWire(summary.state.error)} />}
      </Stack>
    </Paper>
  );
}

interface Figure {
  readonly name: string;
  /** Null: not known. */
  readonly value: string | null;
  readonly testId?: string;
}

/** Of a run that is not going on only what is known is shown. */
function Figures({ snapshot }: { snapshot: RunSnapshot }) {
  const going = snapshot.summary.owner === 'this-tab';
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, sm: 4, md: 8 }} spacing="sm">
      {figuresOf(snapshot)
        .filter(({ value }) => going || value !== null)
        .map(({ name, value, ...rest }) => (
          <Fact key={name} name={name} value={value ?? '–'} {...rest} />
        ))}
    </SimpleGrid>
  );
}

function figuresOf({ summary, progress, columns, log }: RunSnapshot): readonly Figure[] {
  const { step, maxSteps, owner, state } = summary;
  const share = maxSteps > 0 ? step / maxSteps : 0;
  const loss = progress?.recentLoss ?? columns.series('loss')?.values.at(-1) ?? null;
  const { evaluation = null, gpuBytes = null, samplesPerSecond = null } = progress ?? {};
  const left = owner === 'none' ? null : (progress?.remainingMs ?? null);
  const figures: Figure[] = [
    {
      name: t`Step · ${formatPercent(share)}`,
      value: `${formatCount(step)} / ${formatCount(maxSteps)}`,
      testId: 'run-step',
    },
    {
      name: t`Epoch`,
      value: progress
        ? `${progress.epoch.toFixed(2)} / ${progress.numTrainEpochs}`
        : (log.at(-1)?.epoch.toFixed(2) ?? null),
    },
    { name: t`Elapsed`, value: progress && formatDuration(progress.activeMs) },
    { name: t`Time left`, value: left === null ? null : formatDuration(left), testId: 'run-eta' },
    { name: t`Samples / s`, value: samplesPerSecond === null ? null : formatNumber(samplesPerSecond) },
    { name: t`Loss`, value: loss === null ? null : formatNumber(loss), testId: 'run-loss' },
    { name: t`GPU memory`, value: gpuBytes === null ? null : formatBytes(gpuBytes) },
  ];
  if (evaluation && state.status === 'evaluating') {
    figures.push({ name: t`Evaluating`, value: t`batch ${evaluation.batch} / ${evaluation.batches}` });
  }
  return figures;
}

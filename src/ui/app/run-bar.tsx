// The bar of the active run, on every screen: where it is, and the commands one wants at hand.

import { ActionIcon, Anchor, Box, Container, Group, Progress, Text, Tooltip } from '@mantine/core';
import { Link } from 'wouter';
import type { RunSummary } from '#protocol/messages.ts';
import { Icon, type IconName } from '../components/icon.tsx';
import { RunStatusBadge } from '../components/run-status.tsx';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../format.ts';
import { useStudio } from '../hooks/studio-context.ts';
import { useAction } from '../hooks/use-action.ts';
import { useRunSnapshotOf, useRunStore } from '../hooks/use-run.ts';
import { t, translate } from '../language/translate.ts';
import { useSaveWhenHidden } from './use-save-when-hidden.ts';

export function RunBar({ run, height }: { run: RunSummary; height: number }) {
  const snapshot = useRunSnapshotOf(useRunStore(run.runId));
  useSaveWhenHidden(run, snapshot);
  const { remainingMs = null, recentLoss = null } = snapshot?.progress ?? {};
  const share = run.maxSteps > 0 ? run.step / run.maxSteps : 0;
  const facts = [
    t`step ${formatCount(run.step)} / ${formatCount(run.maxSteps)} · ${formatPercent(share)}`,
    remainingMs === null ? null : t`${formatDuration(remainingMs)} left`,
    recentLoss === null ? null : t`loss ${formatNumber(recentLoss)}`,
  ];
  return (
    <Box component="section" aria-label={t`Active run`} h={height}>
      <Progress value={share * 100} size={4} radius={0} aria-label={t`Progress of the active run`} />
      <Container size="xl" h={height - 4} px={{ base: 'sm', sm: 'lg' }}>
        <Group h="100%" justify="space-between" wrap="nowrap" gap="sm">
          <Box style={{ minWidth: 0 }}>
            <Group gap="xs" wrap="nowrap">
              <Anchor component={Link} href={`/run/${run.runId}`} fw={600} size="sm" truncate>
                {run.name}
              </Anchor>
              <RunStatusBadge state={run.state} size="sm" />
            </Group>
            <Text size="xs" c="dimmed" className="numeric" truncate>
              {facts.filter((fact) => fact !== null).join(' · ')}
            </Text>
          </Box>
          <Commands run={run} />
        </Group>
      </Container>
    </Box>
  );
}

function Commands({ run }: { run: RunSummary }) {
  const { client } = useStudio();
  const { busy, error, start } = useAction();
  const { runId, state } = run;
  const give = (type: 'run/pause' | 'run/continue' | 'run/save-now') => () =>
    start(type, () => client.request(type, { runId }));
  const paused = state.status === 'paused';
  const working = state.status === 'training' || state.status === 'evaluating' || state.status === 'saving';
  return (
    <Group gap={4} wrap="nowrap">
      {error && (
        <Text role="alert" size="xs" c="red" lineClamp={2} maw={220}>
          {translate(error.message)}
        </Text>
      )}
      {paused && (
        <Command label={t`Continue`} icon="play" busy={busy === 'run/continue'} onClick={give('run/continue')} />
      )}
      {working && <Command label={t`Pause`} icon="pause" busy={busy === 'run/pause'} onClick={give('run/pause')} />}
      {working && (
        <Command label={t`Save now`} icon="save" busy={busy === 'run/save-now'} onClick={give('run/save-now')} />
      )}
      {(paused || working) && (
        <Command
          label={t`Stop and save`}
          icon="stop"
          busy={busy === 'run/stop'}
          onClick={() => start('run/stop', () => client.request('run/stop', { runId, save: true }))}
        />
      )}
    </Group>
  );
}

interface CommandProps {
  readonly label: string;
  readonly icon: IconName;
  readonly busy: boolean;
  readonly onClick: () => void;
}

function Command({ label, icon, busy, onClick }: CommandProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size="lg" aria-label={label} loading={busy} onClick={onClick}>
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

// Runs of this browser: what became of each, and the way back into it.

import { Button, Group, Modal, Paper, Progress, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { RunId } from '#protocol/ids.ts';
import type { RunSummary } from '#protocol/messages.ts';
import { isActive } from '#protocol/run-state.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { RunStatusBadge } from '../../components/run-status.tsx';
import { formatBytes, formatCount, formatTime } from '../../format.ts';
import { useHubConnection } from '../../hooks/hub-session.ts';
import { useLibrary, useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { useRunSnapshotOf, useRunStore } from '../../hooks/use-run.ts';
import { t } from '../../language/translate.ts';

export function RecentRuns({ onOpenRun }: { onOpenRun: (runId: RunId) => void }) {
  const { library } = useStudio();
  const { runs } = useLibrary();
  const { error, start } = useAction();
  useEffect(() => start('list', () => library.refresh()), [library, start]);
  if (runs !== null && runs.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label={t`Recent runs`}>
      <Title order={2} size="h4">{t`Recent runs`}</Title>
      {error && <ErrorAlert error={error} />}
      {runs === null && !error && <Skeleton height={72} radius="md" />}
      {runs?.map((run) => (
        <RunCard key={run.runId} run={run} onOpen={() => onOpenRun(run.runId)} />
      ))}
    </Stack>
  );
}

function RunCard({ run, onOpen }: { run: RunSummary; onOpen: () => void }) {
  const share = run.maxSteps > 0 ? run.step / run.maxSteps : 0;
  return (
    <Paper withBorder p="md" data-testid="run-card">
      <Group justify="space-between" align="flex-start">
        <Stack gap={4} style={{ flex: 1, minWidth: 260 }}>
          <Group gap="xs">
            <Text fw={600}>{run.name}</Text>
            <RunStatusBadge state={run.state} />
            {run.owner === 'other-tab' && <Text size="xs" c="dimmed">{t`in another tab`}</Text>}
          </Group>
          <Text size="sm" c="dimmed" className="numeric">
            {run.modelName} · {run.dataName} · {formatTime(run.createdAt)} · {formatBytes(run.bytes)}
          </Text>
          <Group gap="xs" wrap="nowrap">
            <Progress
              value={share * 100}
              size="sm"
              style={{ flex: 1 }}
              maw={260}
              aria-label={t`Progress of ${run.name}`}
            />
            <Text size="xs" className="numeric">
              {formatCount(run.step)} / {formatCount(run.maxSteps)}
            </Text>
          </Group>
        </Stack>
        <RunActions run={run} onOpen={onOpen} />
      </Group>
    </Paper>
  );
}

interface ResumeButtonProps {
  readonly runId: RunId;
  readonly busy: boolean;
  readonly onResume: () => void;
}

/** Where a run would go on is known once it is open. */
function ResumeButton({ runId, busy, onResume }: ResumeButtonProps) {
  const snapshot = useRunSnapshotOf(useRunStore(runId));
  if (!snapshot) return null;
  return (
    <Button size="xs" loading={busy} data-testid="home-resume-run" onClick={onResume}>
      {snapshot.resumeStep === null ? t`Start again` : t`Resume from step ${snapshot.resumeStep}`}
    </Button>
  );
}

function RunActions({ run, onOpen }: { run: RunSummary; onOpen: () => void }) {
  const hub = useHubConnection();
  const { client, library } = useStudio();
  const { busy, error, start } = useAction();
  const [confirming, setConfirming] = useState(false);
  const resume = (): void =>
    start('resume', async () => {
      await client.request('run/resume', { runId: run.runId, hub });
      await library.reload(run.runId);
      onOpen();
    });
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        {run.state.status === 'interrupted' && (
          <ResumeButton runId={run.runId} busy={busy === 'resume'} onResume={resume} />
        )}
        <Button size="xs" variant="default" onClick={onOpen}>{t`Open`}</Button>
        {!isActive(run.state) && (
          <Button size="xs" variant="subtle" color="red" onClick={() => setConfirming(true)}>{t`Delete`}</Button>
        )}
      </Group>
      {error && <ErrorAlert error={error} />}
      <Modal opened={confirming} onClose={() => setConfirming(false)} title={t`Delete ${run.name}?`} centered>
        <Text size="sm">{t`Its log and all its checkpoints (${formatBytes(run.bytes)}) are deleted. This can not be undone.`}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setConfirming(false)}>{t`Keep it`}</Button>
          <Button
            color="red"
            loading={busy === 'delete'}
            onClick={() => start('delete', () => library.delete(run.runId))}
          >{t`Delete`}</Button>
        </Group>
      </Modal>
    </Stack>
  );
}

// The table of checkpoints: what each reached, and what can be done with it.

import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useSearchParams } from 'wouter';
import type { RunSnapshot } from '#client/run-store.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { CheckpointSummary, RunSummary } from '#protocol/messages.ts';
import { isActive } from '#protocol/run-state.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatBytes, formatNumber, formatTime, metricLabel } from '../../format.ts';
import { useHubConnection } from '../../hooks/hub-session.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { ContinueElsewhereButton } from './continue-elsewhere-button.tsx';
import { DownloadButton } from './download-button.tsx';
import { ForkButton, PinButton } from './fork-button.tsx';
import { PushButton } from './push-button.tsx';
import { checkpointMetrics } from './run-model.ts';
import { SaveToFolderButton } from './save-to-folder-button.tsx';
import { UndoableDelete, useUndeleted } from './undoable-delete.tsx';

const ONE_LINE = { whiteSpace: 'nowrap' } as const;

interface CheckpointsPanelProps {
  readonly snapshot: RunSnapshot;
  readonly onTry: (checkpointId: CheckpointId) => void;
  /** A run of its own was made of a checkpoint. */
  readonly onForked: (runId: RunId) => void;
}

export function CheckpointsPanel({ snapshot, onTry, onForked }: CheckpointsPanelProps) {
  const [params] = useSearchParams();
  const { checkpoints: stored, summary } = snapshot;
  const checkpoints = useUndeleted(stored);
  if (checkpoints.length === 0) {
    return <Text c="dimmed">{t`No checkpoint yet. "Save now" writes one; else the save strategy does.`}</Text>;
  }
  const metrics = checkpointMetrics(checkpoints);
  return (
    <Table.ScrollContainer minWidth={1030} scrollAreaProps={scrollable(t`Checkpoints`)}>
      <Table verticalSpacing="xs" aria-label={t`Checkpoints`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t`Checkpoint`}</Table.Th>
            <Table.Th>{t`Step`}</Table.Th>
            <Table.Th>{t`Epoch`}</Table.Th>
            {metrics.map((name) => (
              <Table.Th key={name}>{metricLabel(name)}</Table.Th>
            ))}
            <Table.Th>{t`Size`}</Table.Th>
            <Table.Th>{t`Saved`}</Table.Th>
            <Table.Th>
              <span className="numeric">{t`Actions`}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="numeric">
          {checkpoints.toReversed().map((checkpoint) => (
            <Row
              key={checkpoint.checkpointId}
              run={summary}
              checkpoint={checkpoint}
              metrics={metrics}
              isChosen={params.get('at') === checkpoint.checkpointId}
              onTry={onTry}
              onForked={onForked}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface RowProps {
  readonly run: RunSummary;
  readonly checkpoint: CheckpointSummary;
  readonly metrics: readonly string[];
  /** The address leads to it. */
  readonly isChosen: boolean;
  readonly onTry: (checkpointId: CheckpointId) => void;
  readonly onForked: (runId: RunId) => void;
}

function Row({ run, checkpoint, metrics, isChosen, onTry, onForked }: RowProps) {
  const idle = !isActive(run.state);
  return (
    <Table.Tr
      data-testid="checkpoint-row"
      {...(isChosen ? { bg: 'var(--mantine-primary-color-light)', 'aria-current': 'true' as const } : {})}
    >
      <Table.Td>
        <Stack gap={4}>
          <Text size="sm" fw={600} style={ONE_LINE}>
            {checkpoint.name}
          </Text>
          <Marks checkpoint={checkpoint} />
        </Stack>
      </Table.Td>
      <Table.Td>{checkpoint.step}</Table.Td>
      <Table.Td>{checkpoint.epoch.toFixed(2)}</Table.Td>
      {metrics.map((name) => (
        <Table.Td key={name}>
          {checkpoint.metrics[name] === undefined ? '–' : formatNumber(checkpoint.metrics[name])}
        </Table.Td>
      ))}
      <Table.Td style={ONE_LINE}>{formatBytes(checkpoint.bytes)}</Table.Td>
      <Table.Td style={ONE_LINE}>{formatTime(checkpoint.savedAt)}</Table.Td>
      <Table.Td miw={330}>
        <Group gap={6} align="flex-start">
          <DownloadButton runId={run.runId} runName={run.name} checkpoint={checkpoint} />
          <SaveToFolderButton runId={run.runId} checkpoint={checkpoint} />
          <PushButton runId={run.runId} runName={run.name} checkpoint={checkpoint} />
          <ContinueElsewhereButton runId={run.runId} runName={run.name} checkpoint={checkpoint} />
          <Button size="xs" variant="default" onClick={() => onTry(checkpoint.checkpointId)}>{t`Try`}</Button>
          {idle && !checkpoint.modelOnly && <ResumeHere run={run} checkpoint={checkpoint} />}
          {!checkpoint.modelOnly && <ForkButton run={run} checkpoint={checkpoint} onForked={onForked} />}
          <PinButton runId={run.runId} checkpoint={checkpoint} />
          {run.owner !== 'other-tab' && <UndoableDelete runId={run.runId} checkpoint={checkpoint} />}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function Marks({ checkpoint }: { checkpoint: CheckpointSummary }) {
  return (
    <Group gap={4}>
      {checkpoint.isBest && (
        <Badge
          size="sm"
          color="yellow"
          variant="light"
          tt="none"
          leftSection={<Icon name="star" size={11} filled />}
        >{t`best`}</Badge>
      )}
      {checkpoint.isLatest && <Badge size="sm" variant="light" tt="none">{t`latest`}</Badge>}
      {checkpoint.isPinned && (
        <Badge
          size="sm"
          color="grape"
          variant="light"
          tt="none"
          leftSection={<Icon name="pin" size={11} />}
        >{t`pinned`}</Badge>
      )}
      {checkpoint.modelOnly && <Badge size="sm" color="gray" variant="light" tt="none">{t`weights only`}</Badge>}
    </Group>
  );
}

function ResumeHere({ run, checkpoint }: { run: RunSummary; checkpoint: CheckpointSummary }) {
  const hub = useHubConnection();
  const { client, library } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { runId } = run;
  const resume = (): void =>
    start('resume', async () => {
      await client.request('run/resume', { runId, checkpointId: checkpoint.checkpointId, hub });
      await Promise.all([library.reload(runId), library.refresh()]);
    });
  return (
    <Stack gap="xs">
      <Button
        size="xs"
        variant="default"
        data-testid="resume-here"
        loading={busy !== null}
        onClick={resume}
      >{t`Resume from here`}</Button>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </Stack>
  );
}

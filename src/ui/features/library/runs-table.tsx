// All runs with what they take up: open, rename, back up, delete; and a backup brought back.

import {
  ActionIcon,
  Anchor,
  Button,
  FileButton,
  Group,
  Menu,
  Modal,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { useRef, useState } from 'react';
import type { RunId } from '#protocol/ids.ts';
import type { RunSummary, RunUsage } from '#protocol/messages.ts';
import { isActive } from '#protocol/run-state.ts';
import { askForFile, CANCELLED } from '../../components/ask-for-file.ts';
import { downloadBlob } from '../../components/download.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { RunStatusBadge } from '../../components/run-status.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatBytes, formatTime } from '../../format.ts';
import { useLibrary, useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t } from '../../language/translate.ts';

export function RunsTable({ onOpenRun }: { onOpenRun: (runId: RunId) => void }) {
  const { client, library } = useStudio();
  const { runs } = useLibrary();
  const { busy, error, dismiss, start } = useAction();
  const usages = useRemote(
    (runs ?? []).map(({ runId, bytes }) => [runId, bytes]),
    () => client.request('storage/runs', {}),
  );
  const resetFile = useRef<() => void>(null);
  const restore = (file: File | null): void => {
    // Else the same file, chosen again, would not be noticed.
    resetFile.current?.();
    if (!file) return;
    start('restore', async () => {
      const { runId } = await client.request('run/restore', { file });
      await library.refresh();
      onOpenRun(runId);
    });
  };
  const usageOf = (runId: RunId): RunUsage | null =>
    usages.status === 'ready' ? (usages.value.find((usage) => usage.runId === runId) ?? null) : null;
  return (
    <Stack gap="sm">
      <Group>
        <FileButton accept=".zip,application/zip" resetRef={resetFile} onChange={restore}>
          {(props) => (
            <Button {...props} size="xs" variant="default" loading={busy === 'restore'} data-testid="restore-run">
              {t`Bring a backup back`}
            </Button>
          )}
        </FileButton>
      </Group>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
      {usages.status === 'failed' && <ErrorAlert error={usages.error} />}
      {runs?.length === 0 && <Text c="dimmed">{t`There is no run yet.`}</Text>}
      {runs && runs.length > 0 && (
        <Table.ScrollContainer minWidth={820} scrollAreaProps={scrollable(t`Runs`)}>
          <Table fz="sm" verticalSpacing="xs" aria-label={t`Runs`} data-testid="library-table">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t`Run`}</Table.Th>
                <Table.Th miw={130}>{t`State`}</Table.Th>
                <Table.Th>{t`Started`}</Table.Th>
                <Table.Th>{t`Checkpoints`}</Table.Th>
                <Table.Th>{t`Model`}</Table.Th>
                <Table.Th>{t`Data`}</Table.Th>
                <Table.Th w={60}>{t`Actions`}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody className="numeric">
              {runs.map((run) => (
                <Row key={run.runId} run={run} usage={usageOf(run.runId)} onOpen={() => onOpenRun(run.runId)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}

interface RowProps {
  readonly run: RunSummary;
  readonly usage: RunUsage | null;
  readonly onOpen: () => void;
}

function Row({ run, usage, onOpen }: RowProps) {
  const { client, library } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [asking, setAsking] = useState<'rename' | 'delete' | null>(null);
  const bytes = (part: 'checkpoints' | 'model' | 'data'): string => (usage ? formatBytes(usage[part]) : '…');
  const backUp = (): void =>
    start('backup', async () => {
      const target = await askForFile(`${run.name}-backup.zip`.replace(/[^A-Za-z0-9._-]+/g, '-'));
      if (target === CANCELLED) return;
      const { file, fileName } = await client.request('run/backup', { runId: run.runId, target });
      if (file) downloadBlob(fileName, file);
    });
  return (
    <Table.Tr data-testid="library-run">
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Anchor component="button" type="button" size="sm" ta="left" onClick={onOpen}>
          {run.name}
        </Anchor>
        {error && <ErrorAlert error={error} onClose={dismiss} />}
      </Table.Td>
      <Table.Td>
        <RunStatusBadge state={run.state} size="sm" />
      </Table.Td>
      <Table.Td>{formatTime(run.createdAt)}</Table.Td>
      <Table.Td>{bytes('checkpoints')}</Table.Td>
      <Table.Td>{bytes('model')}</Table.Td>
      <Table.Td>{bytes('data')}</Table.Td>
      <Table.Td>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              loading={busy !== null}
              aria-label={t`${run.name}: actions`}
              data-testid="library-run-menu"
            >
              <Icon name="table" size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={onOpen}>{t`Open`}</Menu.Item>
            <Menu.Item onClick={() => setAsking('rename')}>{t`Rename`}</Menu.Item>
            <Menu.Item onClick={backUp} data-testid="backup-run">{t`Back up`}</Menu.Item>
            <Menu.Item
              color="red"
              disabled={isActive(run.state)}
              onClick={() => setAsking('delete')}
            >{t`Delete`}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
        {asking === 'rename' && <RenameDialog run={run} onClose={() => setAsking(null)} />}
        <Modal
          opened={asking === 'delete'}
          onClose={() => setAsking(null)}
          title={t`Delete ${run.name}?`}
          closeButtonProps={{ 'aria-label': t`Close` }}
          centered
        >
          <Text size="sm">
            {t`Its log, its model and data, and all its checkpoints are deleted. This can not be undone; a backup can be brought back.`}
          </Text>
          <Group justify="flex-end" mt="md">
            <Button variant="default" data-autofocus onClick={() => setAsking(null)}>{t`Keep it`}</Button>
            <Button
              color="red"
              data-testid="confirm-delete-run"
              loading={busy === 'delete'}
              onClick={() => start('delete', () => library.delete(run.runId))}
            >{t`Delete`}</Button>
          </Group>
        </Modal>
      </Table.Td>
    </Table.Tr>
  );
}

function RenameDialog({ run, onClose }: { run: RunSummary; onClose: () => void }) {
  const { client, library } = useStudio();
  const { busy, error, start } = useAction();
  const [name, setName] = useState(run.name);
  return (
    <Modal opened onClose={onClose} title={t`Rename`} closeButtonProps={{ 'aria-label': t`Close` }} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start('rename', async () => {
            await client.request('run/update', { runId: run.runId, name });
            await library.refresh();
            onClose();
          });
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={t`Name of the run`}
            data-autofocus
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          {error && <ErrorAlert error={error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={busy !== null} disabled={name.trim() === ''}>{t`Rename`}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

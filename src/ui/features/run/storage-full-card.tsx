// Storage is full and training waits: what can go, and going on.

import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { RunSnapshot } from '#client/run-store.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { formatBytes } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t, translate } from '../../language/translate.ts';
import { DeleteCheckpointButton } from './delete-checkpoint-button.tsx';
import { DownloadButton } from './download-button.tsx';

export function StorageFullCard({ snapshot }: { snapshot: RunSnapshot }) {
  const { client } = useStudio();
  const { busy, error, start } = useAction();
  const { summary, checkpoints } = snapshot;
  const { runId, state, owner } = summary;
  if (state.status !== 'paused' || state.reason !== 'storage-full' || owner === 'other-tab') return null;
  return (
    <Alert
      color="orange"
      icon={<Icon name="alert" />}
      title={t`The browser has no room for the next checkpoint`}
      role="alert"
      data-testid="storage-full"
    >
      <Stack gap="sm">
        <Text size="sm">{t`${translate(state.error?.message ?? '')} Training is paused and nothing is lost. Delete what you do not need (download it first if you like), or free space by deleting older runs on the start screen, then continue.`}</Text>
        {checkpoints.map((checkpoint) => (
          <Group key={checkpoint.checkpointId} gap="xs" justify="space-between">
            <Text size="sm">
              {checkpoint.name} · {formatBytes(checkpoint.bytes)}
              {checkpoint.isBest && t` · best`}
            </Text>
            <Group gap="xs">
              <DownloadButton runId={runId} runName={summary.name} checkpoint={checkpoint} />
              <DeleteCheckpointButton runId={runId} checkpoint={checkpoint} />
            </Group>
          </Group>
        ))}
        {error && <ErrorAlert error={error} />}
        <Group>
          <Button
            loading={busy !== null}
            onClick={() => start('continue', () => client.request('run/continue', { runId }))}
          >{t`Try to save again and continue`}</Button>
        </Group>
      </Stack>
    </Alert>
  );
}

// A run of its own from a checkpoint, with other arguments; and the pin that keeps a checkpoint from the rotation.

import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { RunId } from '#protocol/ids.ts';
import type { CheckpointSummary, RunSummary } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';

interface ForkButtonProps {
  readonly run: RunSummary;
  readonly checkpoint: CheckpointSummary;
  readonly onForked: (runId: RunId) => void;
}

export function ForkButton({ run, checkpoint, onForked }: ForkButtonProps) {
  const { client, library } = useStudio();
  const { busy, error, start } = useAction();
  const [asks, setAsks] = useState(false);
  const [name, setName] = useState(`${run.name}-fork`);
  const fork = (event: FormEvent): void => {
    event.preventDefault();
    start('fork', async () => {
      const { checkpointId } = checkpoint;
      const { runId } = await client.request('run/fork', { runId: run.runId, checkpointId, name });
      await library.refresh();
      onForked(runId);
    });
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        data-testid="fork"
        aria-label={t`Fork ${checkpoint.name}`}
        onClick={() => setAsks(true)}
      >{t`Fork`}</Button>
      <Modal
        opened={asks}
        onClose={() => setAsks(false)}
        title={t`Fork ${checkpoint.name}`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        <form onSubmit={fork}>
          <Stack gap="md">
            <Text size="sm">
              {t`A run of its own is made with this checkpoint. "Resume with changes" there goes on with other arguments; this run stays as it is, and the charts can show both.`}
            </Text>
            <TextInput
              label={t`Name of the run`}
              data-testid="fork-name"
              data-autofocus
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
            />
            {error && <ErrorAlert error={error} />}
            <Group justify="flex-end">
              <Button
                type="submit"
                data-testid="confirm-fork"
                loading={busy !== null}
                disabled={name.trim() === ''}
              >{t`Fork`}</Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}

export function PinButton({ runId, checkpoint }: { runId: RunId; checkpoint: CheckpointSummary }) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { checkpointId, name, isPinned } = checkpoint;
  return (
    <>
      <Button
        size="xs"
        variant={isPinned ? 'light' : 'default'}
        leftSection={<Icon name="pin" size={12} />}
        aria-label={isPinned ? t`Unpin ${name}` : t`Pin ${name}`}
        aria-pressed={isPinned}
        data-testid="pin"
        loading={busy !== null}
        onClick={() => start('pin', () => client.request('checkpoint/pin', { runId, checkpointId, pinned: !isPinned }))}
      >
        {isPinned ? t`Pinned` : t`Pin`}
      </Button>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </>
  );
}

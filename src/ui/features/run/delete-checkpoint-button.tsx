// Deletes a checkpoint after a second press, at once: where storage is full the room is wanted now, so there is no undo.

import { Button, Stack } from '@mantine/core';
import { useState } from 'react';
import type { RunId } from '#protocol/ids.ts';
import type { CheckpointSummary } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { formatBytes } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';

export function DeleteCheckpointButton({ runId, checkpoint }: { runId: RunId; checkpoint: CheckpointSummary }) {
  const { client, library } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [sure, setSure] = useState(false);
  const { checkpointId, name, bytes } = checkpoint;
  const remove = (): void => {
    if (!sure) {
      setSure(true);
      return;
    }
    start('delete', async () => {
      await client.request('checkpoint/delete', { runId, checkpointId });
      await library.reload(runId);
    });
  };
  return (
    <Stack gap="xs">
      <Button
        size="xs"
        variant={sure ? 'filled' : 'subtle'}
        color="red"
        data-testid="delete-checkpoint"
        aria-label={sure ? t`Really delete ${name}` : t`Delete ${name}`}
        loading={busy !== null}
        onBlur={() => setSure(false)}
        onClick={remove}
      >
        {sure ? t`Really delete ${formatBytes(bytes)}?` : t`Delete`}
      </Button>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </Stack>
  );
}

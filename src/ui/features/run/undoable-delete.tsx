// Deletes a checkpoint after some seconds, in which it can be taken back. A page that is closed before deletes nothing.

import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { CheckpointSummary } from '#protocol/messages.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { toStudioError } from '../../hooks/to-studio-error.ts';
import { t, translate } from '../../language/translate.ts';

const UNDO_MS = 8000;

const waiting = createStore<{ readonly ids: ReadonlySet<CheckpointId> }>(() => ({ ids: new Set() }));
const change = (id: CheckpointId, isWaiting: boolean): void =>
  waiting.setState(({ ids }) => ({
    ids: new Set(isWaiting ? [...ids, id] : [...ids].filter((other) => other !== id)),
  }));

/** Without those that are about to be deleted. */
export function useUndeleted(checkpoints: readonly CheckpointSummary[]): readonly CheckpointSummary[] {
  const { ids } = useStore(waiting);
  return checkpoints.filter(({ checkpointId }) => !ids.has(checkpointId));
}

export function UndoableDelete({ runId, checkpoint }: { runId: RunId; checkpoint: CheckpointSummary }) {
  const { client, library } = useStudio();
  const { checkpointId, name } = checkpoint;
  const remove = (): void => {
    change(checkpointId, true);
    const timer = setTimeout(() => {
      notifications.hide(checkpointId);
      client
        .request('checkpoint/delete', { runId, checkpointId })
        .then(() => library.reload(runId))
        .catch((thrown: unknown) =>
          notifications.show({ color: 'red', message: translate(toStudioError(thrown).message) }),
        )
        .finally(() => change(checkpointId, false));
    }, UNDO_MS);
    const undo = (): void => {
      clearTimeout(timer);
      change(checkpointId, false);
      notifications.hide(checkpointId);
    };
    notifications.show({
      id: checkpointId,
      autoClose: false,
      withCloseButton: false,
      message: (
        <Group justify="space-between" gap="sm" wrap="nowrap">
          <Text size="sm">{t`${name} is deleted.`}</Text>
          <Button size="compact-sm" variant="light" data-testid="undo-delete" onClick={undo}>{t`Undo`}</Button>
        </Group>
      ),
    });
  };
  return (
    <Button
      size="xs"
      variant="subtle"
      color="red"
      data-testid="delete-checkpoint"
      aria-label={t`Delete ${name}`}
      onClick={remove}
    >{t`Delete`}</Button>
  );
}

// A checkpoint as a folder on this computer, where the browser has a picker for folders.

import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RunId } from '#protocol/ids.ts';
import type { CheckpointSummary } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';

/** Chromium's; other browsers have none. */
interface FolderPickerWindow {
  readonly showDirectoryPicker?: (options: { mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle>;
}

/** Nothing where there is no picker. */
export function SaveToFolderButton({ runId, checkpoint }: { runId: RunId; checkpoint: CheckpointSummary }) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [isSaved, setSaved] = useState(false);
  const pick = (window as FolderPickerWindow).showDirectoryPicker;
  if (!pick) return null;
  const save = (): void =>
    start('folder', async () => {
      const folder = await pick.call(window, { mode: 'readwrite' }).catch((thrown: unknown) => {
        if (thrown instanceof DOMException && thrown.name === 'AbortError') return null;
        throw thrown;
      });
      if (!folder) return;
      await client.request('checkpoint/save-to-folder', { runId, checkpointId: checkpoint.checkpointId, folder });
      setSaved(true);
    });
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon name={isSaved ? 'check' : 'folder'} size={13} />}
        aria-label={t`Save ${checkpoint.name} to a folder`}
        loading={busy !== null}
        onClick={save}
      >{t`To a folder`}</Button>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </>
  );
}

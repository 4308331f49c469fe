// Takes a checkpoint home as a zip: streamed to a file where the browser can, else as a download.

import { Button, Stack } from '@mantine/core';
import type { RunId } from '#protocol/ids.ts';
import type { CheckpointSummary } from '#protocol/messages.ts';
import { askForFile, CANCELLED } from '../../components/ask-for-file.ts';
import { downloadBlob } from '../../components/download.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { downloadName } from './run-model.ts';

interface DownloadButtonProps {
  readonly runId: RunId;
  readonly runName: string;
  readonly checkpoint: CheckpointSummary;
  readonly label?: string;
  readonly primary?: boolean;
  readonly size?: 'xs' | 'sm';
  /** Of an adapter: the whole model with the adapter worked in. */
  readonly merged?: boolean;
}

export function DownloadButton({
  runId,
  runName,
  checkpoint,
  label = t`Download`,
  primary = false,
  size = 'xs',
  merged = false,
}: DownloadButtonProps) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { checkpointId, name } = checkpoint;
  const download = (): void =>
    start('download', async () => {
      const target = await askForFile(downloadName(runName, name));
      if (target === CANCELLED) return;
      const { file, fileName } = await client.request('checkpoint/export', { runId, checkpointId, target, merged });
      if (file) downloadBlob(fileName, file);
    });
  return (
    <Stack gap="xs">
      <Button
        size={size}
        variant={primary ? 'filled' : 'default'}
        leftSection={<Icon name="save" size={15} />}
        data-testid={merged ? 'download-merged' : 'download-checkpoint'}
        aria-label={primary ? undefined : t`Download ${name}`}
        loading={busy !== null}
        onClick={download}
      >
        {label}
      </Button>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </Stack>
  );
}

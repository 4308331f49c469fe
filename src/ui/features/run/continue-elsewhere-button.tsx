// The way off the laptop: a dialog that says what goes along, and a zip with which the run goes on in Python.

import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';
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

interface ContinueElsewhereProps {
  readonly runId: RunId;
  readonly runName: string;
  readonly checkpoint: CheckpointSummary;
  readonly size?: 'xs' | 'sm';
}

export function ContinueElsewhereButton({ size = 'xs', ...target }: ContinueElsewhereProps) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button
        size={size}
        variant="default"
        data-testid="continue-elsewhere"
        aria-label={t`Continue elsewhere: ${target.checkpoint.name}`}
        onClick={open}
      >{t`Continue elsewhere`}</Button>
      {opened && <ContinueElsewhereDialog {...target} onClose={close} />}
    </>
  );
}

type DialogProps = Omit<ContinueElsewhereProps, 'size'> & { readonly onClose: () => void };

function ContinueElsewhereDialog({ runId, runName, checkpoint, onClose }: DialogProps) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const narrow = useMediaQuery('(max-width: 36em)') ?? false;
  const [written, setWritten] = useState(false);
  const { checkpointId, name } = checkpoint;
  const download = (): void =>
    start('continue elsewhere', async () => {
      const target = await askForFile(downloadName(runName, `${name}-continued`));
      if (target === CANCELLED) return;
      const { file, fileName } = await client.request('checkpoint/continue-elsewhere', { runId, checkpointId, target });
      if (file) downloadBlob(fileName, file);
      setWritten(true);
    });
  return (
    <Modal
      opened
      onClose={() => busy === null && onClose()}
      title={t`Continue ${name} elsewhere`}
      fullScreen={narrow}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close', disabled: busy !== null }}
    >
      <Stack gap="md" data-testid="continue-elsewhere-dialog">
        <Text size="sm">{t`A zip with which the run goes on in Python, on one GPU or many: ${name}, a train.py for HuggingFace's Trainer with the same arguments, and a README that says how to start it.`}</Text>
        <Text size="sm">{t`It holds your training and validation rows, and the model. Give it only to machines that may see them.`}</Text>
        {error && <ErrorAlert error={error} onClose={dismiss} />}
        {written && (
          <Alert
            color="green"
            icon={<Icon name="check" />}
            title={t`It is written`}
            data-testid="continue-elsewhere-done"
          >{t`Unpack the zip and begin with its README.md.`}</Alert>
        )}
        <Group justify="end">
          <Button variant="default" disabled={busy !== null} onClick={onClose}>{t`Close`}</Button>
          <Button
            leftSection={<Icon name="save" size={15} />}
            data-testid="continue-elsewhere-download"
            data-autofocus
            loading={busy !== null}
            onClick={download}
          >{t`Download`}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

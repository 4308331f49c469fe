// How far a transfer from or to the Hub is, with the button that cancels it.

import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import type { HubProgressEvent } from '#protocol/hub-messages.ts';
import { msg } from '#util/msg.ts';
import { formatBytes } from '../format.ts';
import type { Transfer } from '../hooks/use-transfer.ts';
import { t, translate } from '../language/translate.ts';

const PHASES: Record<HubProgressEvent['phase'], string> = {
  downloading: msg`Downloading`,
  hashing: msg`Checking`,
  uploading: msg`Uploading`,
  committing: msg`Committing`,
};

/** Nothing while nothing is under way. */
export function TransferProgress({ transfer }: { transfer: Transfer }) {
  const { busy, progress, cancel } = transfer;
  if (!busy) return null;
  const share = progress && progress.totalBytes > 0 ? progress.doneBytes / progress.totalBytes : 0;
  return (
    <Stack gap={6} data-testid="transfer">
      <Progress value={share * 100} aria-label={t`Progress of the transfer`} size="lg" />
      <Group justify="space-between" gap="xs">
        <Text size="sm" className="numeric" style={{ overflowWrap: 'anywhere' }} data-testid="transfer-progress">
          {progress ? describe(progress) : t`Asking the Hub`}
        </Text>
        <Button size="xs" variant="default" data-testid="transfer-cancel" onClick={cancel}>{t`Cancel`}</Button>
      </Group>
    </Stack>
  );
}

function describe({ phase, path, doneBytes, totalBytes }: HubProgressEvent): string {
  const file = path === '' ? '' : ` · ${path}`;
  return t`${translate(PHASES[phase])} ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}${file}`;
}

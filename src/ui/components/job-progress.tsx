// How far the reading, examining or tokenizing of data is, with the button that cancels it.

import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { DataProgressEvent } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { formatBytes, formatCount } from '../format.ts';
import { useStudio } from '../hooks/studio-context.ts';
import { t, translate } from '../language/translate.ts';

const PHASES: Record<DataProgressEvent['phase'], string> = {
  reading: msg`Reading`,
  examining: msg`Examining`,
  tokenizing: msg`Tokenizing`,
};

interface JobProgressProps {
  readonly jobId: string;
  readonly onCancel?: () => void;
}

/** Nothing until the worker has told something: what is short needs no bar. */
export function JobProgress({ jobId, onCancel }: JobProgressProps) {
  const { client } = useStudio();
  const [progress, setProgress] = useState<DataProgressEvent | null>(null);
  useEffect(() => client.onDataProgress((event) => event.jobId === jobId && setProgress(event)), [client, jobId]);
  if (!progress) return null;
  const cancel = (): void => {
    void client.request('data/cancel', { jobId });
    onCancel?.();
  };
  return (
    <Stack gap={6} data-testid="data-job">
      <Progress
        value={(100 * progress.done) / Math.max(1, progress.total)}
        aria-label={translate(PHASES[progress.phase])}
        size="lg"
      />
      <Group justify="space-between" gap="xs">
        <Text size="sm" className="numeric" data-testid="data-progress">
          {describe(progress)}
        </Text>
        <Button size="xs" variant="default" data-testid="data-cancel" onClick={cancel}>{t`Cancel`}</Button>
      </Group>
    </Stack>
  );
}

function describe({ phase, done, total }: DataProgressEvent): string {
  const amount = phase === 'reading' ? formatBytes : formatCount;
  const counted = t`${amount(done)} of ${amount(total)}`;
  return phase === 'reading' ? t`Reading ${counted}` : t`${translate(PHASES[phase])}: ${counted} rows`;
}

// How much room there is, whether the browser keeps what is stored, and how to make it.

import { Button, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { formatBytes } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t } from '../../language/translate.ts';

export function StorageCard() {
  const { client } = useStudio();
  const [asked, setAsked] = useState(0);
  const estimate = useRemote(asked, () => client.request('storage/estimate', {}));
  if (estimate.status === 'failed') return <ErrorAlert error={estimate.error} />;
  if (estimate.status !== 'ready') return null;
  const { usage, quota, persisted } = estimate.value;
  const keep = async (): Promise<void> => {
    await navigator.storage.persist();
    setAsked(asked + 1);
  };
  return (
    <Paper withBorder radius="md" p="md" component="section" aria-label={t`Storage`} data-testid="storage-card">
      <Stack gap="xs">
        <Text size="sm" className="numeric">{t`${formatBytes(usage)} of about ${formatBytes(quota)} are used.`}</Text>
        <Progress value={quota > 0 ? (100 * usage) / quota : 0} aria-label={t`Used storage`} />
        <Text size="sm" c="dimmed">
          {persisted
            ? t`The browser keeps what is stored here until you delete it.`
            : t`When the disk runs short, the browser may clear this site as a whole. Ask it to keep the site, install the studio as an app, or back up what matters. The room that it names is a guess: what does not fit is told when it is written, and loses nothing.`}
        </Text>
        {!persisted && (
          <Group>
            <Button size="xs" variant="default" data-testid="keep-storage" onClick={() => void keep()}>
              {t`Ask the browser to keep it`}
            </Button>
          </Group>
        )}
      </Stack>
    </Paper>
  );
}

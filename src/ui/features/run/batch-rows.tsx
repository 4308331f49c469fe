// The rows that one step learned from: what to look at when the loss leaps.

import { Button, Group, List, Loader, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunId } from '#protocol/ids.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t } from '../../language/translate.ts';

export function BatchRows({ runId, step }: { runId: RunId; step: number }) {
  const [wanted, setWanted] = useState(false);
  const { client } = useStudio();
  const rows = useRemote(wanted ? { runId, step } : null, (question) => client.request('run/batch', question));
  if (!wanted)
    return (
      <Group>
        <Button
          size="compact-xs"
          variant="default"
          data-testid="show-batch"
          onClick={() => setWanted(true)}
        >{t`Show the rows of this step`}</Button>
      </Group>
    );
  if (rows.status === 'failed') return <ErrorAlert error={rows.error} />;
  if (rows.status !== 'ready') return <Loader size="sm" aria-label={t`Reading the rows`} />;
  return (
    <Stack gap={4} data-testid="batch-rows">
      <Text size="xs" c="dimmed">{t`What the model read in step ${step}, as rows of the training data:`}</Text>
      <List size="sm" spacing={2}>
        {rows.value.map(({ row, text, label }) => (
          <List.Item key={row}>
            <Text span size="xs" c="dimmed" className="numeric">
              {row + 1}{' '}
            </Text>
            {label !== '' && <b>{label} </b>}
            {text}
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

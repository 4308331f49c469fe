// Tokenized files that this browser keeps so that they need not be tokenized again.

import { Button, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { KeptFeatures } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatBytes, formatTime } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t } from '../../language/translate.ts';

/** Nothing while there are none. */
export function FeaturesTable() {
  const { client } = useStudio();
  const [version, setVersion] = useState(0);
  const kept = useRemote(version, () => client.request('features/list', {}));
  if (kept.status === 'failed') return <ErrorAlert error={kept.error} />;
  if (kept.status !== 'ready' || kept.value.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label={t`Tokenized files`} data-testid="library-features">
      <Title order={2} size="h4">{t`Tokenized files`}</Title>
      <Text size="sm" c="dimmed">
        {t`Kept so that the same file need not be tokenized again. Deleting one loses nothing; those not used for the longest time go by themselves.`}
      </Text>
      <Table.ScrollContainer minWidth={420} scrollAreaProps={scrollable(t`Tokenized files`)}>
        <Table fz="sm" aria-label={t`Tokenized files`}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t`File`}</Table.Th>
              <Table.Th>{t`Size`}</Table.Th>
              <Table.Th>{t`Last used`}</Table.Th>
              <Table.Th>{t`Actions`}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="numeric">
            {kept.value.map((features) => (
              <Row key={features.key} features={features} onDeleted={() => setVersion(version + 1)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

function Row({ features, onDeleted }: { features: KeptFeatures; onDeleted: () => void }) {
  const { client } = useStudio();
  const { busy, error, start } = useAction();
  const { key, name, bytes, usedAt } = features;
  const remove = (): void =>
    start('delete', async () => {
      await client.request('features/delete', { key });
      onDeleted();
    });
  return (
    <Table.Tr data-testid="library-feature">
      <Table.Td style={{ overflowWrap: 'anywhere' }}>{name}</Table.Td>
      <Table.Td>{formatBytes(bytes)}</Table.Td>
      <Table.Td>{formatTime(usedAt)}</Table.Td>
      <Table.Td>
        <Button
          size="compact-xs"
          variant="subtle"
          color="red"
          aria-label={t`Delete ${name}`}
          loading={busy !== null}
          onClick={remove}
        >{t`Delete`}</Button>
        {error && <ErrorAlert error={error} />}
      </Table.Td>
    </Table.Tr>
  );
}

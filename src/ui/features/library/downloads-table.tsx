// Models or data sets of the Hub that are in this browser.

import { Button, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { HubDownload, HubRepoKind } from '#protocol/hub-messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatBytes, formatTime } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t } from '../../language/translate.ts';

export function DownloadsTable({ kind }: { kind: HubRepoKind }) {
  const { client } = useStudio();
  const [version, setVersion] = useState(0);
  const downloads = useRemote(version, () => client.request('hub/list', {}));
  if (downloads.status === 'failed') return <ErrorAlert error={downloads.error} />;
  const list = downloads.status === 'ready' ? downloads.value.filter(({ repo }) => repo.kind === kind) : [];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {kind === 'model'
          ? t`Models of the Hub that are in this browser. Files that were dropped are stored with the runs that use them.`
          : t`Data sets of the Hub that are in this browser. Files that were dropped are stored with the runs that use them.`}
      </Text>
      {list.length === 0 ? (
        <Text c="dimmed">{t`None yet.`}</Text>
      ) : (
        <Table.ScrollContainer minWidth={520} scrollAreaProps={scrollable(t`From the Hub`)}>
          <Table fz="sm" aria-label={t`From the Hub`}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t`Repository`}</Table.Th>
                <Table.Th>{t`Commit`}</Table.Th>
                <Table.Th>{t`Size`}</Table.Th>
                <Table.Th>{t`Downloaded`}</Table.Th>
                <Table.Th>{t`Actions`}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody className="numeric">
              {list.map((download) => (
                <Row key={download.downloadId} download={download} onDeleted={() => setVersion(version + 1)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}

function Row({ download, onDeleted }: { download: HubDownload; onDeleted: () => void }) {
  const { client } = useStudio();
  const { busy, error, start } = useAction();
  const [isSure, setSure] = useState(false);
  const { downloadId, repo, revision, bytes, complete, createdAt } = download;
  const remove = (): void => {
    if (!isSure) setSure(true);
    else
      start('delete', async () => {
        await client.request('hub/delete', { downloadId });
        onDeleted();
      });
  };
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>{repo.name}</Table.Td>
      <Table.Td>{revision.slice(0, 7)}</Table.Td>
      <Table.Td>{complete ? formatBytes(bytes) : t`${formatBytes(bytes)}, not whole`}</Table.Td>
      <Table.Td>{formatTime(createdAt)}</Table.Td>
      <Table.Td>
        <Button size="compact-xs" variant="subtle" color="red" loading={busy !== null} onClick={remove}>
          {isSure ? t`Really delete?` : t`Delete`}
        </Button>
        {error && <ErrorAlert error={error} />}
      </Table.Td>
    </Table.Tr>
  );
}

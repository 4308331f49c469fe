// Repositories of the Hub that are in this browser: to use without a network, to go on with, or to delete.

import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { HubDownload, HubRepo } from '#protocol/hub-messages.ts';
import { ErrorAlert } from '../../../components/error-alert.tsx';
import { formatBytes } from '../../../format.ts';
import { useStudio } from '../../../hooks/studio-context.ts';
import { useAction } from '../../../hooks/use-action.ts';
import { t } from '../../../language/translate.ts';
import styles from './hub.module.css';
import type { Downloads } from './use-downloads.ts';

interface StoredDownloadsProps {
  readonly kind: HubRepo['kind'];
  readonly downloads: Downloads;
  readonly onChoose: (download: HubDownload) => void;
}

/** Nothing while nothing is there. */
export function StoredDownloads({ kind, downloads, onChoose }: StoredDownloadsProps) {
  const { list, error, reload } = downloads;
  if (error) return <ErrorAlert error={error} />;
  if (list.length === 0) return null;
  return (
    <Stack gap={4} data-testid={`hub-stored-${kind}`}>
      <Text size="sm" fw={600}>{t`In this browser already`}</Text>
      <ul className={styles.list}>
        {list.map((download) => (
          <li key={download.downloadId} className={styles.stored}>
            <Stored download={download} onChoose={() => onChoose(download)} onDeleted={reload} />
          </li>
        ))}
      </ul>
    </Stack>
  );
}

interface StoredProps {
  readonly download: HubDownload;
  readonly onChoose: () => void;
  readonly onDeleted: () => void;
}

function Stored({ download, onChoose, onDeleted }: StoredProps) {
  const { repo, revision, bytes, complete, files } = download;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const size = complete ? formatBytes(bytes) : t`${formatBytes(bytes)} of ${formatBytes(total)}`;
  return (
    <>
      <Stack gap={0} style={{ minWidth: 0 }}>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {repo.name}
        </Text>
        <Text size="xs" c="dimmed">{t`commit ${revision.slice(0, 7)} · ${size}`}</Text>
      </Stack>
      <Group gap="xs" wrap="nowrap">
        <Button
          size="xs"
          variant="default"
          data-testid="hub-choose"
          aria-label={t`Choose ${repo.name}`}
          onClick={onChoose}
        >{t`Choose`}</Button>
        <DeleteButton download={download} onDeleted={onDeleted} />
      </Group>
    </>
  );
}

function DeleteButton({ download, onDeleted }: Omit<StoredProps, 'onChoose'>) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [sure, setSure] = useState(false);
  const { downloadId, repo } = download;
  const remove = (): void => {
    if (!sure) {
      setSure(true);
      return;
    }
    start('delete', async () => {
      await client.request('hub/delete', { downloadId });
      onDeleted();
    });
  };
  return (
    <Stack gap="xs">
      <Button
        size="xs"
        variant={sure ? 'filled' : 'subtle'}
        color="red"
        data-testid="hub-delete"
        aria-label={sure ? t`Really delete ${repo.name}` : t`Delete ${repo.name}`}
        loading={busy !== null}
        onBlur={() => setSure(false)}
        onClick={remove}
      >
        {sure ? t`Really delete?` : t`Delete`}
      </Button>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </Stack>
  );
}

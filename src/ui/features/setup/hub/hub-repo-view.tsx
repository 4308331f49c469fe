// A repository of the Hub at a commit: which files would be downloaded, how large they are, and the download.

import { Anchor, Button, Code, Group, NativeSelect, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { HubDownload, HubFile, HubRepoInfo } from '#protocol/hub-messages.ts';
import { groupShards, wholeSplit } from '#util/shards.ts';
import { HubError } from '../../../components/hub-error.tsx';
import { TransferProgress } from '../../../components/transfer-progress.tsx';
import { formatBytes, plural } from '../../../format.ts';
import { useHubConnection } from '../../../hooks/hub-session.ts';
import { useStudio } from '../../../hooks/studio-context.ts';
import { useTransfer } from '../../../hooks/use-transfer.ts';
import { t } from '../../../language/translate.ts';
import {
  type Amount,
  amountOf,
  type ChosenFiles,
  chosenFiles,
  type DataChoice,
  guessChoice,
  type HubSource,
  pageOf,
  splitOptions,
} from './hub-model.ts';
import { Mark } from './search-hits.tsx';

interface HubRepoViewProps {
  readonly info: HubRepoInfo;
  /** What of it is in this browser already. */
  readonly stored: HubDownload | null;
  /** What is stored has changed. */
  readonly onStored: () => void;
  readonly onUse: (source: HubSource) => void;
}

export function HubRepoView({ info, stored, onStored, onUse }: HubRepoViewProps) {
  const { client } = useStudio();
  const connection = useHubConnection();
  const transfer = useTransfer();
  const [choice, setChoice] = useState(() => guessChoice(info.files));
  const { repo, revision } = info;
  const chosen = chosenFiles(info.files, choice);
  const files = repo.kind === 'model' ? info.files : [...chosen.train, ...chosen.validation];
  const amount = amountOf(files, stored);
  const use = (): void => onUse(sourceOf(info, chosen));
  const download = (): void =>
    transfer.start(async (transferId) => {
      try {
        if (repo.kind === 'dataset') groupShards(files).forEach(wholeSplit);
        // Only what the Hub says of the files is sent, not what is known of them here.
        const wanted = files.map(({ path, size, oid, sha256 }) => ({ path, size, oid, sha256 }));
        const result = await client.request('hub/download', { connection, transferId, repo, revision, files: wanted });
        if (amountOf(files, result).here) use();
      } finally {
        onStored();
      }
    });
  return (
    <Stack gap="sm" data-testid="hub-repo">
      <RepoTitle info={info} />
      {repo.kind === 'model' ? (
        <FileTable files={files} stored={stored} />
      ) : (
        <DataFiles files={info.files} choice={choice} onChange={setChoice} />
      )}
      <Text size="sm" data-testid="hub-amount">
        {describeAmount(amount)}
      </Text>
      {transfer.error && <HubError error={transfer.error} page={pageOf(repo)} onClose={transfer.dismiss} />}
      <TransferProgress transfer={transfer} />
      {!transfer.busy && (
        <Group>
          {amount.here ? (
            <Button data-testid="hub-use" onClick={use}>
              {repo.kind === 'model' ? t`Use this model` : t`Use this data`}
            </Button>
          ) : (
            <Button data-testid="hub-download" disabled={files.length === 0} onClick={download}>
              {amount.storedBytes > 0 ? t`Go on downloading` : t`Download ${formatBytes(amount.totalBytes)}`}
            </Button>
          )}
        </Group>
      )}
    </Stack>
  );
}

function sourceOf({ repo, revision }: HubRepoInfo, { train, validation }: ChosenFiles): HubSource {
  const source = { kind: 'hub', repo: repo.name, revision } as const;
  const paths = (files: readonly HubFile[]): string[] => files.map(({ path }) => path);
  return repo.kind === 'model' ? source : { ...source, train: paths(train), validation: paths(validation) };
}

function describeAmount({ files, totalBytes, storedBytes, here }: Amount): string {
  const all = `${plural(files, 'file')}, ${formatBytes(totalBytes)}`;
  if (here) return t`${all}: all in this browser, no network needed.`;
  return storedBytes > 0 ? t`${all}, of which ${formatBytes(storedBytes)} are in this browser already.` : all;
}

function RepoTitle({ info }: { info: HubRepoInfo }) {
  const { endpoint } = useHubConnection();
  const { repo, revision, gated } = info;
  return (
    <Group gap="xs">
      <Anchor
        fw={600}
        size="sm"
        href={`${endpoint}/${pageOf(repo)}/tree/${revision}`}
        target="_blank"
        rel="noreferrer"
        style={{ overflowWrap: 'anywhere' }}
      >
        {repo.name}
      </Anchor>
      <Text size="xs" c="dimmed">
        {t`commit `}
        <Code title={revision} data-testid="hub-revision">
          {revision.slice(0, 7)}
        </Code>
      </Text>
      {gated && <Mark color="orange">{t`gated`}</Mark>}
      {info.private && <Mark color="gray">{t`private`}</Mark>}
    </Group>
  );
}

function FileTable({ files, stored }: { files: readonly HubFile[]; stored: HubDownload | null }) {
  const isHere = (path: string): boolean => stored?.files.some((file) => file.path === path && file.verified) ?? false;
  return (
    <Table fz="sm" aria-label={t`Files to download`} data-testid="hub-files">
      <Table.Tbody>
        {files.map(({ path, size }) => (
          <Table.Tr key={path}>
            <Table.Td px={0} style={{ overflowWrap: 'anywhere' }}>
              {path}
            </Table.Td>
            <Table.Td className="numeric" pr={0} ta="right" style={{ whiteSpace: 'nowrap' }}>
              {formatBytes(size)}
              {isHere(path) && <Text span inherit c="dimmed">{t` · here`}</Text>}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

interface DataFilesProps {
  readonly files: readonly HubFile[];
  readonly choice: DataChoice;
  readonly onChange: (choice: DataChoice) => void;
}

function DataFiles({ files, choice, onChange }: DataFilesProps) {
  const options = splitOptions(files).map(({ name, files: count, bytes }) => ({
    value: name,
    label: `${name} (${count > 1 ? `${plural(count, 'file')}, ` : ''}${formatBytes(bytes)})`,
  }));
  const none = { value: '', label: t`none: hold rows back` };
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      <NativeSelect
        label={t`Training file`}
        data-testid="hub-train-file"
        data={options}
        value={choice.train}
        onChange={({ currentTarget }) => onChange({ ...choice, train: currentTarget.value })}
      />
      <NativeSelect
        label={t`Validation file`}
        data-testid="hub-validation-file"
        data={[none, ...options.filter(({ value }) => value !== choice.train)]}
        value={choice.validation}
        onChange={({ currentTarget }) => onChange({ ...choice, validation: currentTarget.value })}
      />
    </SimpleGrid>
  );
}

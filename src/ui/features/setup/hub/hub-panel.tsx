// "From the Hub" in the sections of model and data: find a repository, or take one that is in this browser already.
// Nothing is asked of the network before Find, Download or a search result is pressed.

import { Button, Collapse, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { type SubmitEvent, useId, useState } from 'react';
import type { HubRepo, HubRepoInfo, HubSearchHit } from '#protocol/hub-messages.ts';
import { HubAccess } from '../../../components/hub-access.tsx';
import { HubError } from '../../../components/hub-error.tsx';
import { useHubConnection } from '../../../hooks/hub-session.ts';
import { useStudio } from '../../../hooks/studio-context.ts';
import { useAction } from '../../../hooks/use-action.ts';
import { t } from '../../../language/translate.ts';
import { type HubSource, infoOf, pageOf, repoNameIn } from './hub-model.ts';
import { HubRepoView } from './hub-repo-view.tsx';
import { SearchHits } from './search-hits.tsx';
import { StoredDownloads } from './stored-downloads.tsx';
import { useDownloads } from './use-downloads.ts';

interface HubPanelProps {
  readonly kind: HubRepo['kind'];
  readonly onUse: (source: HubSource) => void;
}

export function HubPanel({ kind, onUse }: HubPanelProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <Stack gap="sm">
      <Group>
        <Button
          variant="default"
          size="sm"
          data-testid={`hub-open-${kind}`}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        >{t`From the Hub`}</Button>
      </Group>
      {open && (
        <Paper withBorder radius="md" p={{ base: 'sm', sm: 'md' }} id={id} data-testid={`hub-panel-${kind}`}>
          <Finder kind={kind} onUse={onUse} />
        </Paper>
      )}
    </Stack>
  );
}

function Finder({ kind, onUse }: HubPanelProps) {
  const { client } = useStudio();
  const connection = useHubConnection();
  const downloads = useDownloads(kind);
  const { busy, error, dismiss, start } = useAction();
  const [hits, setHits] = useState<readonly HubSearchHit[] | null>(null);
  const [info, setInfo] = useState<HubRepoInfo | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const look = (name: string, revision: string | null): void =>
    start(name, async () => {
      setAsked(name);
      setInfo(null);
      setInfo(await client.request('hub/info', { connection, repo: { kind, name }, revision }));
      setHits(null);
    });
  const search = (query: string): void =>
    start('search', async () => {
      setAsked(null);
      setInfo(null);
      setHits(await client.request('hub/search', { connection, kind, query }));
    });
  const find = (typed: string, revision: string | null): void => {
    const name = repoNameIn(typed);
    if (name === null) search(typed);
    else look(name, revision);
  };
  return (
    <Stack gap="md">
      <FindForm kind={kind} busy={busy !== null} onFind={find} needsToken={error?.code === 'E-HUB-ACCESS'} />
      {error && <HubError error={error} page={asked && pageOf({ kind, name: asked })} onClose={dismiss} />}
      {hits && <SearchHits hits={hits} busy={busy} onChoose={(name) => look(name, null)} />}
      {info && (
        <HubRepoView
          key={`${info.repo.name}@${info.revision}`}
          info={info}
          stored={downloads.of(info)}
          onStored={downloads.reload}
          onUse={onUse}
        />
      )}
      <StoredDownloads kind={kind} downloads={downloads} onChoose={(download) => setInfo(infoOf(download))} />
    </Stack>
  );
}

interface FindFormProps {
  readonly kind: HubRepo['kind'];
  readonly busy: boolean;
  readonly needsToken: boolean;
  readonly onFind: (typed: string, revision: string | null) => void;
}

function FindForm({ kind, busy, needsToken, onFind }: FindFormProps) {
  const { endpoint } = useHubConnection();
  const [typed, setTyped] = useState('');
  const [revision, setRevision] = useState('');
  const [more, setMore] = useState(false);
  const expanded = more || needsToken;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (typed.trim() !== '') onFind(typed.trim(), revision.trim() || null);
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack gap="sm">
        <Group align="end" gap="xs">
          <TextInput
            label={kind === 'model' ? t`Model on the Hub` : t`Data set on the Hub`}
            placeholder={t`owner/name, or words to search for`}
            style={{ flex: '1 1 220px' }}
            autoCapitalize="none"
            spellCheck={false}
            data-testid={`hub-query-${kind}`}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          <Button type="submit" loading={busy} data-testid={`hub-find-${kind}`}>{t`Find`}</Button>
        </Group>
        <Group justify="space-between" gap="xs">
          <Text
            size="xs"
            c="dimmed"
            style={{ flex: '1 1 200px', overflowWrap: 'anywhere' }}
          >{t`Find asks ${endpoint}. Until then nothing is asked.`}</Text>
          <Button
            variant="subtle"
            size="compact-xs"
            aria-expanded={expanded}
            data-testid={`hub-more-${kind}`}
            onClick={() => setMore(!expanded)}
          >{t`Token, revision, address`}</Button>
        </Group>
        <Collapse expanded={expanded}>
          <Stack gap="sm">
            <TextInput
              label={t`Revision`}
              description={t`Branch, tag or commit; the main branch unless told. What is downloaded is pinned to its commit.`}
              placeholder={t`main`}
              spellCheck={false}
              data-testid={`hub-revision-${kind}`}
              value={revision}
              onChange={({ currentTarget }) => setRevision(currentTarget.value)}
            />
            <HubAccess need={t`For private and gated repositories, one that may read.`} />
          </Stack>
        </Collapse>
      </Stack>
    </form>
  );
}

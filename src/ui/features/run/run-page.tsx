// The page of a run: how it goes, its charts, checkpoints, log and settings, and a box to try the model.

import { Loader, Stack, Tabs } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { RunSnapshot, RunStore } from '#client/run-store.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { RunDetail } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useRunSnapshot, useRunStore } from '../../hooks/use-run.ts';
import { t, translate } from '../../language/translate.ts';
import { CheckpointsPanel } from './checkpoints-panel.tsx';
import { ConfigPanel } from './config-panel.tsx';
import { LogPanel } from './log-panel.tsx';
import { Notices } from './notices.tsx';
import { OutcomeCard } from './outcome-card.tsx';
import { OverviewPanel } from './overview-panel.tsx';
import { RunHeader } from './run-header.tsx';
import { StorageFullCard } from './storage-full-card.tsx';
import { TryPanel } from './try-panel.tsx';

interface RunPageProps {
  readonly runId: RunId;
  readonly onUseAgain: (setup: RunDetail['setup']) => void;
}

export function RunPage({ runId, onUseAgain }: RunPageProps) {
  const store = useRunStore(runId);
  switch (store.status) {
    case 'empty':
    case 'loading':
      return <Loader aria-label={t`Opening the run`} />;
    case 'failed':
      return <ErrorAlert error={store.error} />;
    case 'ready':
      return <OpenRun store={store.value} onUseAgain={onUseAgain} />;
    default:
      return store satisfies never;
  }
}

const WATCH_MS = 10_000;

/** Another tab may die without a word; its run is asked about now and then. */
function useWatch({ summary }: RunSnapshot): void {
  const { library } = useStudio();
  const { runId, owner } = summary;
  useEffect(() => {
    if (owner !== 'other-tab') return;
    // A failed look changes nothing; the next one comes soon.
    const timer = setInterval(() => void library.reload(runId).catch(() => undefined), WATCH_MS);
    return () => clearInterval(timer);
  }, [library, runId, owner]);
}

type Tab = 'overview' | 'checkpoints' | 'log' | 'config' | 'try';
const TABS: readonly (readonly [Tab, string])[] = [
  ['overview', msg`Overview`],
  ['checkpoints', msg`Checkpoints`],
  ['log', msg`Log`],
  ['config', msg`Config`],
  ['try', msg`Try it`],
];

function OpenRun({ store, onUseAgain }: { store: RunStore; onUseAgain: RunPageProps['onUseAgain'] }) {
  const snapshot = useRunSnapshot(store);
  const [tab, setTab] = useState<Tab>('overview');
  const [tried, setTried] = useState<CheckpointId | null>(null);
  useWatch(snapshot);
  const tryCheckpoint = (checkpointId: CheckpointId): void => {
    setTried(checkpointId);
    setTab('try');
  };
  return (
    <Stack gap="md">
      <RunHeader snapshot={snapshot} />
      <StorageFullCard snapshot={snapshot} />
      <Notices notices={snapshot.notices} />
      <OutcomeCard
        snapshot={snapshot}
        onTry={() => setTab('try')}
        onUseAgain={() => onUseAgain(snapshot.detail.setup)}
      />
      <Tabs
        value={tab}
        onChange={(value) => setTab(TABS.find(([name]) => name === value)?.[0] ?? 'overview')}
        keepMounted={false}
      >
        <Tabs.List>
          {TABS.map(([name, label]) => (
            <Tabs.Tab key={name} value={name} data-testid={`tab-${name}`}>
              {translate(label)}
              {name === 'checkpoints' && snapshot.checkpoints.length > 0 && ` (${snapshot.checkpoints.length})`}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview" pt="md">
          <OverviewPanel snapshot={snapshot} />
        </Tabs.Panel>
        <Tabs.Panel value="checkpoints" pt="md">
          <CheckpointsPanel snapshot={snapshot} onTry={tryCheckpoint} />
        </Tabs.Panel>
        <Tabs.Panel value="log" pt="md">
          <LogPanel snapshot={snapshot} />
        </Tabs.Panel>
        <Tabs.Panel value="config" pt="md">
          <ConfigPanel snapshot={snapshot} onUseAgain={() => onUseAgain(snapshot.detail.setup)} />
        </Tabs.Panel>
        <Tabs.Panel value="try" pt="md">
          <TryPanel snapshot={snapshot} chosen={tried} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

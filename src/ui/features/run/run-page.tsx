// The page of a run: how it goes, and a tab for each way to look at it. The tab is part of the address.

import { Button, Group, Loader, Stack, Tabs } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import type { RunSnapshot, RunStore } from '#client/run-store.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { RunDetail } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useRunSnapshot, useRunStore } from '../../hooks/use-run.ts';
import { t, translate } from '../../language/translate.ts';
import { ChartsPanel } from './charts-panel.tsx';
import { CheckpointsPanel } from './checkpoints-panel.tsx';
import { ConfigPanel } from './config-panel.tsx';
import { LogPanel } from './log-panel.tsx';
import { MetricsPanel } from './metrics-panel.tsx';
import { Notices } from './notices.tsx';
import { OutcomeCard } from './outcome-card.tsx';
import { OverviewPanel } from './overview-panel.tsx';
import { RunHeader } from './run-header.tsx';
import { SamplesPanel } from './samples-panel.tsx';
import { StorageFullCard } from './storage-full-card.tsx';

interface RunPageProps {
  readonly runId: RunId;
  /** From the address; the overview where it names none. */
  readonly tab: string | undefined;
  readonly onTry: (checkpointId?: CheckpointId) => void;
  readonly onUseAgain: (setup: RunDetail['setup']) => void;
}

export function RunPage(props: RunPageProps) {
  const store = useRunStore(props.runId);
  switch (store.status) {
    case 'empty':
    case 'loading':
      return <Loader aria-label={t`Opening the run`} />;
    case 'failed':
      return <ErrorAlert error={store.error} />;
    case 'ready':
      return <OpenRun {...props} store={store.value} />;
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

const TABS = [
  ['overview', msg`Overview`],
  ['charts', msg`Charts`],
  ['samples', msg`Samples`],
  ['metrics', msg`Metrics`],
  ['checkpoints', msg`Checkpoints`],
  ['log', msg`Log`],
  ['config', msg`Config`],
] as const;
type Tab = (typeof TABS)[number][0];

function OpenRun({ runId, store, tab: given, onTry, onUseAgain }: RunPageProps & { readonly store: RunStore }) {
  const snapshot = useRunSnapshot(store);
  const [, navigate] = useLocation();
  const tab: Tab = TABS.find(([name]) => name === given)?.[0] ?? 'overview';
  const show = (next: string | null): void => navigate(`/run/${runId}/${next ?? 'overview'}`);
  useHotkeys(TABS.map(([name], index) => [String(index + 1), () => show(name)]));
  useWatch(snapshot);
  const startAgain = (): void => onUseAgain(snapshot.detail.setup);
  return (
    <Stack gap="md">
      <RunHeader snapshot={snapshot} />
      <StorageFullCard snapshot={snapshot} />
      <Notices notices={snapshot.notices} />
      {tab === 'overview' && <OutcomeCard snapshot={snapshot} onTry={() => onTry()} onUseAgain={startAgain} />}
      <Tabs value={tab} onChange={show} keepMounted={false}>
        <Group justify="space-between" wrap="nowrap" align="flex-end" gap={0}>
          <Tabs.List style={{ flex: 1, flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}>
            {TABS.map(([name, label]) => (
              <Tabs.Tab key={name} value={name} data-testid={`tab-${name}`}>
                {translate(label)}
                {name === 'checkpoints' && snapshot.checkpoints.length > 0 && ` (${snapshot.checkpoints.length})`}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Button
            size="xs"
            variant="light"
            ml="xs"
            mb={4}
            style={{ flexShrink: 0 }}
            leftSection={<Icon name="play" size={13} />}
            data-testid="open-try"
            disabled={snapshot.checkpoints.length === 0}
            onClick={() => onTry()}
          >{t`Try it`}</Button>
        </Group>
        <Tabs.Panel value="overview" pt="md">
          <OverviewPanel snapshot={snapshot} />
        </Tabs.Panel>
        <Tabs.Panel value="charts" pt="md">
          <ChartsPanel snapshot={snapshot} />
        </Tabs.Panel>
        <Tabs.Panel value="samples" pt="md">
          <SamplesPanel snapshot={snapshot} />
        </Tabs.Panel>
        <Tabs.Panel value="metrics" pt="md">
          <MetricsPanel snapshot={snapshot} />
        </Tabs.Panel>
        <Tabs.Panel value="checkpoints" pt="md">
          <CheckpointsPanel snapshot={snapshot} onTry={onTry} onForked={(id) => navigate(`/run/${id}`)} />
        </Tabs.Panel>
        <Tabs.Panel value="log" pt="md">
          <LogPanel snapshot={snapshot} />
        </Tabs.Panel>
        <Tabs.Panel value="config" pt="md">
          <ConfigPanel snapshot={snapshot} onUseAgain={startAgain} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

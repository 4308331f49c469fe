// Which screen an address shows, and how screens lead to each other: features do not know one another. What is not
// needed to begin comes in chunks of its own.

import { Anchor, Loader, Stack, Text, Title } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import type { RunId } from '#protocol/ids.ts';
import type { NamedFile } from '#protocol/messages.ts';
import { loadCharts } from '../components/charts/load-charts.ts';
import { HomePage } from '../features/home/index.ts';
import { useStudio } from '../hooks/studio-context.ts';
import { t } from '../language/translate.ts';
import { Shortcuts } from './command-palette.tsx';

const setup = () => import('../features/setup/index.ts');
const run = () => import('../features/run/index.ts');
const tryIt = () => import('../features/try/index.ts');
const compare = () => import('../features/compare/index.ts');
const sweep = () => import('./sweep-screen.tsx');
const stored = () => import('../features/library/index.ts');
const settings = () => import('../features/settings/index.ts');

const SetupPage = lazy(() => setup().then((module) => ({ default: module.SetupPage })));
const RunPage = lazy(() => run().then((module) => ({ default: module.RunPage })));
const TryPage = lazy(() => tryIt().then((module) => ({ default: module.TryPage })));
const ComparePage = lazy(() => compare().then((module) => ({ default: module.ComparePage })));
const SweepScreen = lazy(() => sweep().then((module) => ({ default: module.SweepScreen })));
const LibraryPage = lazy(() => stored().then((module) => ({ default: module.LibraryPage })));
const SettingsPage = lazy(() => settings().then((module) => ({ default: module.SettingsPage })));

/**
 * Fetches all screens once the first one is there, so that they open at once and without a network. What can not be
 * fetched now is asked for again when it is opened.
 */
export function prefetchScreens(): void {
  for (const fetchScreen of [setup, run, loadCharts, tryIt, compare, sweep, stored, settings])
    void fetchScreen().catch(() => undefined);
}

export function Screens() {
  const [, navigate] = useLocation();
  const { client } = useStudio();
  const setUp = async (fill: (draft: Awaited<ReturnType<typeof setup>>) => void): Promise<void> => {
    fill(await setup());
    navigate('/new');
  };
  const trainSample = (): void => void setUp(({ draftSample }) => draftSample(client));
  const openFiles = (files: readonly NamedFile[]): void => void setUp(({ draftFiles }) => draftFiles(client, files));
  const openRun = (runId: RunId): void => navigate(`/run/${runId}`);
  return (
    <Suspense fallback={<Loader aria-label={t`Loading the screen`} />}>
      <Switch>
        <Route path="/">
          <HomePage onTrainSample={trainSample} onFiles={openFiles} onOpenRun={openRun} />
        </Route>
        <Route path="/new">
          <SetupPage onStarted={openRun} />
        </Route>
        <Route path="/run/:id/:tab?">
          {({ id, tab }) => (
            <RunPage
              key={id}
              runId={id as RunId}
              tab={tab}
              onTry={(checkpointId) => navigate(`/try/${id}${checkpointId ? `?models=${checkpointId}` : ''}`)}
              onUseAgain={(used) => void setUp(({ draftFrom }) => draftFrom(used))}
            />
          )}
        </Route>
        <Route path="/try/:id">{({ id }) => <TryPage key={id} runId={id as RunId} />}</Route>
        <Route path="/compare">
          <ComparePage />
        </Route>
        <Route path="/sweep/:id?">{({ id }) => <SweepScreen sweepId={id} onOpenRun={openRun} />}</Route>
        <Route path="/library">
          <LibraryPage onOpenRun={openRun} />
        </Route>
        <Route path="/settings">
          <SettingsPage shortcuts={<Shortcuts />} />
        </Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Suspense>
  );
}

function NotFound() {
  return (
    <Stack>
      <Title order={2}>{t`There is nothing at this address`}</Title>
      <Text>
        <Anchor component={Link} href="/">{t`Go to the start`}</Anchor>
      </Text>
    </Stack>
  );
}

// Which screen an address shows, and how screens lead to each other: features do not know one another. What is not
// needed to begin comes in chunks of its own.

import { Anchor, Loader, Stack, Text, Title } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import type { RunId } from '#protocol/ids.ts';
import type { NamedFile } from '#protocol/messages.ts';
import { HomePage } from '../features/home/index.ts';
import { RunPage } from '../features/run/index.ts';
import { draftFiles, draftFrom, draftSample, SetupPage, useDraftSetup } from '../features/setup/index.ts';
import { useStudio } from '../hooks/studio-context.ts';
import { t } from '../language/translate.ts';
import { Shortcuts } from './command-palette.tsx';

const TryPage = lazy(() => import('../features/try/index.ts').then((module) => ({ default: module.TryPage })));
const ComparePage = lazy(() =>
  import('../features/compare/index.ts').then((module) => ({ default: module.ComparePage })),
);
const SweepPage = lazy(() => import('../features/sweep/index.ts').then((module) => ({ default: module.SweepPage })));
const LibraryPage = lazy(() =>
  import('../features/library/index.ts').then((module) => ({ default: module.LibraryPage })),
);
const SettingsPage = lazy(() =>
  import('../features/settings/index.ts').then((module) => ({ default: module.SettingsPage })),
);

export function Screens() {
  const [, navigate] = useLocation();
  const { client } = useStudio();
  const trainSample = (): void => {
    draftSample(client);
    navigate('/new');
  };
  const openFiles = (files: readonly NamedFile[]): void => {
    draftFiles(client, files);
    navigate('/new');
  };
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
              onUseAgain={(setup) => {
                draftFrom(setup);
                navigate('/new');
              }}
            />
          )}
        </Route>
        <Route path="/try/:id">{({ id }) => <TryPage key={id} runId={id as RunId} />}</Route>
        <Route path="/compare">
          <ComparePage />
        </Route>
        <Route path="/sweep/:id?">{({ id }) => <Sweep sweepId={id} onOpenRun={openRun} />}</Route>
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

/** A sweep is over what New run is filled in for. */
function Sweep(props: { readonly sweepId: string | undefined; readonly onOpenRun: (runId: RunId) => void }) {
  return <SweepPage {...props} setup={useDraftSetup()} />;
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

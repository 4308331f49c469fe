// Which screen an address shows, and how screens lead to each other: features do not know one another.

import { Anchor, Stack, Text, Title } from '@mantine/core';
import { Link, Route, Switch, useLocation } from 'wouter';
import type { RunId } from '#protocol/ids.ts';
import type { NamedFile } from '#protocol/messages.ts';
import { HomePage } from '../features/home/index.ts';
import { RunPage } from '../features/run/index.ts';
import { draftFiles, draftFrom, draftSample, SetupPage } from '../features/setup/index.ts';
import { useStudio } from '../hooks/studio-context.ts';
import { t } from '../language/translate.ts';

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
    <Switch>
      <Route path="/">
        <HomePage onTrainSample={trainSample} onFiles={openFiles} onOpenRun={openRun} />
      </Route>
      <Route path="/new">
        <SetupPage onStarted={openRun} />
      </Route>
      <Route path="/run/:id">
        {({ id }) => (
          <RunPage
            key={id}
            runId={id as RunId}
            onUseAgain={(setup) => {
              draftFrom(setup);
              navigate('/new');
            }}
          />
        )}
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
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

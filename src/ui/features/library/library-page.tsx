// What this browser keeps: runs, models and data sets with their sizes; backing up, bringing back, deleting.

import { Stack, Tabs, Title } from '@mantine/core';
import { useSearchParams } from 'wouter';
import type { RunId } from '#protocol/ids.ts';
import { t } from '../../language/translate.ts';
import { DownloadsTable } from './downloads-table.tsx';
import { FeaturesTable } from './features-table.tsx';
import { RunsTable } from './runs-table.tsx';
import { StorageCard } from './storage-card.tsx';

interface LibraryPageProps {
  readonly onOpenRun: (runId: RunId) => void;
}

export function LibraryPage({ onOpenRun }: LibraryPageProps) {
  const [params, setParams] = useSearchParams();
  const shown = params.get('show');
  const tab = shown === 'models' || shown === 'data' ? shown : 'runs';
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">{t`Library`}</Title>
      <StorageCard />
      <Tabs value={tab} onChange={(value) => setParams(value === 'runs' ? {} : { show: value ?? 'runs' })}>
        <Tabs.List>
          <Tabs.Tab value="runs" data-testid="library-runs">{t`Runs`}</Tabs.Tab>
          <Tabs.Tab value="models" data-testid="library-models">{t`Models`}</Tabs.Tab>
          <Tabs.Tab value="data" data-testid="library-data">{t`Data sets`}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="runs" pt="md">
          <RunsTable onOpenRun={onOpenRun} />
        </Tabs.Panel>
        <Tabs.Panel value="models" pt="md">
          <DownloadsTable kind="model" />
        </Tabs.Panel>
        <Tabs.Panel value="data" pt="md">
          <Stack gap="lg">
            <DownloadsTable kind="dataset" />
            <FeaturesTable />
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

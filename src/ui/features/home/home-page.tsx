// The start: train the sample, bring files, go back to a run, see what the device can do.

import { Grid, Stack } from '@mantine/core';
import { useState } from 'react';
import type { RunId } from '#protocol/ids.ts';
import type { NamedFile } from '#protocol/messages.ts';
import type { StudioError } from '#util/studio-error.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { toStudioError } from '../../hooks/to-studio-error.ts';
import { t } from '../../language/translate.ts';
import { DeviceCard } from './device-card.tsx';
import { RecentRuns } from './recent-runs.tsx';
import { SampleCard } from './sample-card.tsx';

interface HomePageProps {
  readonly onTrainSample: () => void;
  readonly onFiles: (files: readonly NamedFile[]) => void;
  readonly onOpenRun: (runId: RunId) => void;
}

export function HomePage({ onTrainSample, onFiles, onOpenRun }: HomePageProps) {
  const [error, setError] = useState<StudioError | null>(null);
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack gap="lg">
          <SampleCard onTrainSample={onTrainSample} />
          <FileDrop
            label={t`Or bring your own`}
            hint={t`Drop a CSV, TSV or JSONL file, a model folder or its zip, or all of them. Nothing leaves this device.`}
            multiple
            testId="home-input"
            folderTestId="home-folder-input"
            onFiles={onFiles}
            onFail={(thrown) => setError(toStudioError(thrown))}
          />
          {error && <ErrorAlert error={error} onClose={() => setError(null)} />}
          <RecentRuns onOpenRun={onOpenRun} />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <DeviceCard />
      </Grid.Col>
    </Grid>
  );
}

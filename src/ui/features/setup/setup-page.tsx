// Setting up a run on one page: model, data, arguments, and beside them the review with Start.

import { Grid, Stack, Title } from '@mantine/core';
import type { RunId } from '#protocol/ids.ts';
import { t } from '../../language/translate.ts';
import { ArgumentsSection } from './arguments-section.tsx';
import { DataSection } from './data-section.tsx';
import { ModelSection } from './model-section.tsx';
import { ReviewSection } from './review-section.tsx';
import styles from './setup.module.css';
import { useSetup } from './use-setup.ts';

export function SetupPage({ onStarted }: { onStarted: (runId: RunId) => void }) {
  const setup = useSetup();
  return (
    <Stack gap="md">
      <Title order={1} size="h2">{t`New run`}</Title>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="lg">
            <ModelSection draft={setup.draft} />
            <DataSection draft={setup.draft} examination={setup.examination} onExamineAgain={setup.examineAgain} />
            <ArgumentsSection draft={setup.draft} parsed={setup.parsed} effective={setup.effective} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <div className={styles.sticky}>
            <ReviewSection setup={setup} onStarted={onStarted} />
          </div>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

// What one wants when a run is over: how well it does, and the three ways on.

import { Button, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import type { RunSnapshot } from '#client/run-store.ts';
import { Fact } from '../../components/fact.tsx';
import { formatNumber, metricLabel } from '../../format.ts';
import { t } from '../../language/translate.ts';
import { ContinueElsewhereButton } from './continue-elsewhere-button.tsx';
import { DownloadButton } from './download-button.tsx';
import { PushButton } from './push-button.tsx';
import { bestCheckpoint, latestEvaluation } from './run-model.ts';

interface OutcomeCardProps {
  readonly snapshot: RunSnapshot;
  readonly onTry: () => void;
  readonly onUseAgain: () => void;
}

export function OutcomeCard({ snapshot, onTry, onUseAgain }: OutcomeCardProps) {
  const { summary, checkpoints, log, detail } = snapshot;
  if (summary.state.status !== 'completed') return null;
  const best = bestCheckpoint(checkpoints);
  const metrics =
    best && Object.keys(best.metrics).length > 0
      ? Object.entries(best.metrics)
      : (latestEvaluation(log, detail.labels)?.metrics ?? []);
  return (
    <Paper
      withBorder
      radius="lg"
      p={{ base: 'md', sm: 'lg' }}
      component="section"
      aria-label={t`What happened`}
      data-testid="outcome"
    >
      <Stack gap="sm">
        <Title order={2} size="h4">{t`Training is done`}</Title>
        {best && <Text size="sm">{t`The model to keep is ${best.name} (step ${best.step}).`}</Text>}
        <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm">
          {metrics
            .filter(([name]) => !/_(runtime|per_second)$/.test(name))
            .slice(0, 5)
            .map(([name, value]) => (
              <Fact key={name} name={metricLabel(name)} value={formatNumber(value)} />
            ))}
        </SimpleGrid>
        <Group gap="xs">
          {best && (
            <DownloadButton
              runId={summary.runId}
              runName={summary.name}
              checkpoint={best}
              label={t`Download the model`}
              size="sm"
              primary
            />
          )}
          {best && detail.setup.peft && (
            <DownloadButton
              runId={summary.runId}
              runName={`${summary.name}-merged`}
              checkpoint={best}
              label={t`Download it merged`}
              size="sm"
              merged
            />
          )}
          {best && <PushButton runId={summary.runId} runName={summary.name} checkpoint={best} size="sm" />}
          {best && <ContinueElsewhereButton runId={summary.runId} runName={summary.name} checkpoint={best} size="sm" />}
          <Button variant="default" size="sm" onClick={onTry}>{t`Try it`}</Button>
          <Button variant="default" size="sm" onClick={onUseAgain}>{t`Change one thing and run again`}</Button>
          <Button variant="subtle" size="sm" component={Link} href="/new">{t`Use my own data`}</Button>
        </Group>
      </Stack>
    </Paper>
  );
}

// Hyperparameter search: what is searched, the trials so far, the best of them.

import { Alert, Anchor, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { fromWire } from '#protocol/errors.ts';
import type { RunId } from '#protocol/ids.ts';
import type { RunSetup } from '#protocol/messages.ts';
import type { SweepDetail, SweepState } from '#protocol/sweep-messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { formatTime, plural } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { ParallelCoordinates } from './parallel-coordinates.tsx';
import { SweepForm } from './sweep-form.tsx';
import { TrialsTable } from './trials-table.tsx';
import { useSweeps } from './use-sweeps.ts';

interface SweepPageProps {
  /** From the address; the newest where it names none. */
  readonly sweepId: string | undefined;
  /** What a trial trains, as New run is filled in; null while something is missing there. */
  readonly setup: RunSetup | null;
  readonly onOpenRun: (runId: RunId) => void;
}

export function SweepPage({ sweepId, setup, onOpenRun }: SweepPageProps) {
  const { sweeps, error, reload } = useSweeps();
  const shown = sweeps?.find((sweep) => sweep.sweepId === sweepId) ?? sweeps?.[0] ?? null;
  const isRunning = sweeps?.some(({ state }) => state.status === 'running') ?? false;
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">{t`Sweep`}</Title>
      {error && <ErrorAlert error={error} />}
      {setup ? (
        !isRunning && <SweepForm setup={setup} onStarted={reload} />
      ) : (
        <Alert color="blue" icon={<Icon name="alert" />} title={t`A sweep trains what New run is filled in for`}>
          <Anchor component={Link} href="/new" inherit>
            {t`Choose a model, data and arguments there; then come back.`}
          </Anchor>
        </Alert>
      )}
      {shown && <SweepView sweep={shown} onChanged={reload} onOpenRun={onOpenRun} />}
      {sweeps && sweeps.length > 1 && <Others sweeps={sweeps.filter((sweep) => sweep !== shown)} />}
    </Stack>
  );
}

function describeSweep(state: SweepState): string {
  switch (state.status) {
    case 'running':
      return t`Searching`;
    case 'stopped':
      return t`Stopped`;
    case 'completed':
      return t`Completed`;
    case 'failed':
      return t`Failed`;
    default:
      return state satisfies never;
  }
}

interface SweepViewProps {
  readonly sweep: SweepDetail;
  readonly onChanged: () => void;
  readonly onOpenRun: (runId: RunId) => void;
}

function SweepView({ sweep, onChanged, onOpenRun }: SweepViewProps) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { sweepId, state, trials } = sweep;
  // Model and data lie with its runs: a page that closed before the first was stored leaves nothing to go on with.
  const hasRun = trials.some(({ runId }) => runId !== null);
  const give = (type: 'sweep/stop' | 'sweep/resume' | 'sweep/delete') => (): void =>
    start(type, async () => {
      await client.request(type, { sweepId });
      onChanged();
    });
  return (
    <Paper withBorder radius="lg" p={{ base: 'md', sm: 'lg' }} component="section" aria-label={sweep.name}>
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <Stack gap={0}>
            <Title order={2} size="h4">
              {sweep.name}
            </Title>
            <Text size="sm" c="dimmed" data-testid="sweep-state">
              {t`${describeSweep(state)} · ${plural(trials.length, 'trial')} · ${sweep.modelName} on ${sweep.dataName}`}
            </Text>
          </Stack>
          <Group gap="xs">
            {state.status === 'running' && (
              <Button
                size="sm"
                variant="default"
                data-testid="stop-sweep"
                loading={busy === 'sweep/stop'}
                onClick={give('sweep/stop')}
              >{t`Stop and save`}</Button>
            )}
            {(state.status === 'stopped' || state.status === 'failed') && hasRun && (
              <Button
                size="sm"
                data-testid="resume-sweep"
                loading={busy === 'sweep/resume'}
                onClick={give('sweep/resume')}
              >{t`Go on`}</Button>
            )}
            {state.status !== 'running' && (
              <Button
                size="sm"
                variant="subtle"
                color="red"
                loading={busy === 'sweep/delete'}
                onClick={give('sweep/delete')}
              >{t`Delete`}</Button>
            )}
          </Group>
        </Group>
        {error && <ErrorAlert error={error} onClose={dismiss} />}
        {state.status === 'failed' && <ErrorAlert error={fromWire(state.error)} />}
        <ParallelCoordinates sweep={sweep} />
        <TrialsTable sweep={sweep} onOpenRun={onOpenRun} />
      </Stack>
    </Paper>
  );
}

function Others({ sweeps }: { sweeps: readonly SweepDetail[] }) {
  const [, navigate] = useLocation();
  return (
    <Stack gap="xs" component="section" aria-label={t`Other sweeps`}>
      <Title order={2} size="h4">{t`Other sweeps`}</Title>
      {sweeps.map(({ sweepId, name, state, createdAt }) => (
        <Group key={sweepId} gap="xs">
          <Anchor component="button" type="button" size="sm" onClick={() => navigate(`/sweep/${sweepId}`)}>
            {name}
          </Anchor>
          <Text size="sm" c="dimmed">
            {describeSweep(state)} · {formatTime(createdAt)}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

// What Start will do, what stands in its way, and Start.

import { Alert, Button, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { RunId } from '#protocol/ids.ts';
import type { RunPlan } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { HubAccess } from '../../components/hub-access.tsx';
import { Icon } from '../../components/icon.tsx';
import { JobProgress } from '../../components/job-progress.tsx';
import { useHubConnection } from '../../hooks/hub-session.ts';
import { readyValue } from '../../hooks/loadable.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t, translate } from '../../language/translate.ts';
import { changeDraft } from './draft-actions.ts';
import { type Fix, fixesOf } from './fixes.ts';
import { MeasureButton } from './measure-button.tsx';
import { MemoryBar } from './memory-bar.tsx';
import { PlanChart } from './plan-chart.tsx';
import { describePlan, suggestName } from './setup-model.ts';
import { SetupSection } from './setup-section.tsx';
import type { Setup } from './use-setup.ts';

const START_JOB = 'start-run';

interface ReviewSectionProps {
  readonly setup: Setup;
  readonly onStarted: (runId: RunId) => void;
}

export function ReviewSection({ setup, onStarted }: ReviewSectionProps) {
  const { client, library } = useStudio();
  const hub = useHubConnection();
  const { busy, error, start } = useAction();
  const { draft, runSetup, blockers, plan, parsed } = setup;
  const pushes = parsed.ok && parsed.args.pushToHub;
  const canStart = runSetup !== null && blockers.length === 0;
  const button = useFocusWhenReady(canStart && draft.focusStart);
  const begin = (): void => {
    if (!runSetup) return;
    start('start', async () => {
      askToKeepStorage();
      const { runId } = await client.request('run/start', {
        setup: runSetup,
        hub: pushes ? hub : undefined,
        jobId: START_JOB,
      });
      await library.refresh();
      onStarted(runId);
    });
  };
  const fix = ({ changes }: Fix): void =>
    changeDraft({ arguments: { ...draft.arguments, changes: { ...draft.arguments.changes, ...changes } } });
  const warnings = parsed.ok ? parsed.notes.filter((note) => note.level === 'warning').map((note) => note.message) : [];
  return (
    <SetupSection title={t`Review`} status={canStart ? 'done' : plan.status === 'loading' ? 'busy' : 'todo'}>
      <TextInput
        label={t`Name of the run`}
        data-testid="run-name"
        placeholder={suggestName(draft)}
        value={draft.name}
        onChange={({ currentTarget }) => changeDraft({ name: currentTarget.value })}
      />
      {pushes && <HubAccess need={t`One that may write: push_to_hub is on.`} />}
      {plan.status === 'ready' && (
        <PlanView plan={plan.value} warnings={warnings} values={setup.effective} onFix={fix} />
      )}
      {plan.status === 'ready' && runSetup && <MeasureButton setup={runSetup} plan={plan.value} />}
      <Fixes fixes={fixesOf(parsed, setup.effective, readyValue(plan))} onFix={fix} />
      {plan.status === 'failed' && <ErrorAlert error={plan.error} />}
      {busy !== null && <JobProgress jobId={START_JOB} />}
      {error && <ErrorAlert error={error} />}
      {blockers.length > 0 && (
        <Stack gap={4} data-testid="blockers">
          <Text size="sm" fw={600}>{t`Before it can start`}</Text>
          <List size="sm" icon={<Icon name="circle" size={12} />}>
            {blockers.map((blocker) => (
              <List.Item key={blocker}>{blocker}</List.Item>
            ))}
          </List>
        </Stack>
      )}
      <Button
        ref={button}
        size="lg"
        fullWidth
        leftSection={<Icon name="play" />}
        data-testid="start-run"
        disabled={!canStart}
        loading={busy !== null}
        onClick={begin}
      >{t`Start`}</Button>
      <Text size="xs" c="dimmed">
        {t`Training runs on this device. `}
        {pushes ? t`Data stays here; the model is pushed to the Hub.` : t`Data and model stay here.`}
      </Text>
    </SetupSection>
  );
}

/**
 * Asks the browser not to clear what is stored when space runs short. Training goes on whatever it answers; the start
 * screen shows which it was.
 */
function askToKeepStorage(): void {
  navigator.storage
    ?.persist()
    .catch((thrown: unknown) => console.warn('Storage could not be made persistent.', thrown));
}

/** Once: whoever has moved on to another control keeps it. */
function useFocusWhenReady(ready: boolean) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!ready) return;
    changeDraft({ focusStart: false });
    const { activeElement } = document;
    if (activeElement === null || activeElement === document.body || activeElement.id === 'main')
      button.current?.focus();
  }, [ready]);
  return button;
}

/** One press each. */
function Fixes({ fixes, onFix }: { fixes: readonly Fix[]; onFix: (fix: Fix) => void }) {
  if (fixes.length === 0) return null;
  return (
    <Group gap="xs" data-testid="fixes">
      {fixes.map((fix) => (
        <Button key={fix.label} size="compact-sm" variant="light" onClick={() => onFix(fix)}>
          {fix.label}
        </Button>
      ))}
    </Group>
  );
}

interface PlanViewProps {
  readonly plan: RunPlan;
  readonly warnings: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly onFix: (fix: Fix) => void;
}

function PlanView({ plan, warnings, values, onFix }: PlanViewProps) {
  const all = [...plan.warnings, ...warnings];
  return (
    <Stack gap="xs">
      <Text size="sm" data-testid="plan">
        {describePlan(plan)}
        {plan.warmupSteps > 0 && t`, warm-up over ${plan.warmupSteps} steps`}
      </Text>
      <PlanChart plan={plan} />
      {plan.memory && <MemoryBar memory={plan.memory} values={values} onFix={onFix} />}
      {all.length > 0 && (
        <Alert color="yellow" icon={<Icon name="alert" />} p="xs">
          <List size="sm">
            {all.map((warning) => (
              <List.Item key={warning}>{translate(warning)}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}

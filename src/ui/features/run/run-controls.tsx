// The commands of a run: which there are depends on its state.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { useHubConnection } from '../../hooks/hub-session.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { ResumeChangesButton } from './resume-changes-button.tsx';
import { commandsFor } from './run-model.ts';

export function RunControls({ snapshot }: { snapshot: RunSnapshot }) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { runId, state } = snapshot.summary;
  const can = commandsFor(state);
  const give = (type: 'run/pause' | 'run/continue' | 'run/save-now' | 'run/evaluate-now') => ({
    busy: busy === type,
    onClick: () => start(type, () => client.request(type, { runId })),
  });
  const stop = (save: boolean) => () => start(`stop ${save}`, () => client.request('run/stop', { runId, save }));
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        {can.continue && (
          <Control label={t`Continue`} icon="play" testId="continue-run" primary {...give('run/continue')} />
        )}
        {can.pause && <Control label={t`Pause`} icon="pause" testId="pause-run" {...give('run/pause')} />}
        {can.saveNow && <Control label={t`Save now`} icon="save" testId="save-now" {...give('run/save-now')} />}
        {can.evaluateNow && (
          <Control label={t`Evaluate now`} icon="measure" testId="evaluate-now" {...give('run/evaluate-now')} />
        )}
        {can.stopSave && (
          <Control
            label={t`Stop and save`}
            icon="stop"
            testId="stop-save"
            busy={busy === 'stop true'}
            onClick={stop(true)}
          />
        )}
        {can.stopDiscard && <StopDiscard busy={busy === 'stop false'} onStop={stop(false)} />}
        {can.resumeWithChanges && <ResumeChangesButton snapshot={snapshot} />}
        {can.resume && <ResumeButton snapshot={snapshot} />}
      </Group>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </Stack>
  );
}

interface ControlProps {
  readonly label: string;
  readonly icon: IconName;
  readonly testId: string;
  readonly busy: boolean;
  readonly primary?: boolean;
  readonly onClick: () => void;
}

function Control({ label, icon, testId, busy, primary = false, onClick }: ControlProps) {
  return (
    <Button
      size="sm"
      variant={primary ? 'filled' : 'default'}
      leftSection={<Icon name={icon} size={15} />}
      data-testid={testId}
      loading={busy}
      onClick={onClick}
    >
      {label}
    </Button>
  );
}

function StopDiscard({ busy, onStop }: { busy: boolean; onStop: () => void }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        size="sm"
        variant="subtle"
        color="red"
        data-testid="stop-discard"
        loading={busy}
        onClick={() => setAsking(true)}
      >{t`Stop without saving`}</Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t`Stop without saving?`} centered>
        <Text size="sm">{t`What was learned since the latest checkpoint is lost. Checkpoints that are stored stay.`}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>{t`Go on training`}</Button>
          <Button
            color="red"
            data-testid="confirm-stop"
            onClick={() => {
              setAsking(false);
              onStop();
            }}
          >{t`Stop without saving`}</Button>
        </Group>
      </Modal>
    </>
  );
}

function ResumeButton({ snapshot }: { snapshot: RunSnapshot }) {
  const hub = useHubConnection();
  const { client, library } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { summary, resumeStep } = snapshot;
  const resume = (): void =>
    start('resume', async () => {
      await client.request('run/resume', { runId: summary.runId, hub });
      await Promise.all([library.reload(summary.runId), library.refresh()]);
    });
  return (
    <Stack gap="xs" align="flex-end">
      <Button
        leftSection={<Icon name="play" size={16} />}
        data-testid="resume-run"
        loading={busy !== null}
        onClick={resume}
      >
        {resumeStep === null ? t`Start again` : t`Resume from step ${resumeStep}`}
      </Button>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </Stack>
  );
}

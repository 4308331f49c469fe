// Goes on from the latest checkpoint with other arguments: another learning rate or batch, or for longer.

import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { HubAccess } from '../../components/hub-access.tsx';
import { useHubConnection } from '../../hooks/hub-session.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { changeableArguments, pushesToHub, typedChanges } from './run-model.ts';

export function ResumeChangesButton({ snapshot }: { snapshot: RunSnapshot }) {
  const [asking, setAsking] = useState(false);
  const isDone = snapshot.summary.state.status === 'completed';
  if (snapshot.resumeStep === null) return null;
  return (
    <>
      <Button variant="default" size="sm" data-testid="resume-changes" onClick={() => setAsking(true)}>
        {isDone ? t`Train longer…` : t`Resume with changes…`}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={isDone ? t`Train longer` : t`Resume with changes`}
        centered
      >
        <ChangesForm snapshot={snapshot} isDone={isDone} onDone={() => setAsking(false)} />
      </Modal>
    </>
  );
}

interface ChangesFormProps {
  readonly snapshot: RunSnapshot;
  readonly isDone: boolean;
  readonly onDone: () => void;
}

function ChangesForm({ snapshot, isDone, onDone }: ChangesFormProps) {
  const hub = useHubConnection();
  const { client, library } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { summary, detail, resumeStep } = snapshot;
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const fields = changeableArguments(detail.setup.trainingArguments);
  const changes = typedChanges(fields, typed);
  const resume = (): void =>
    start('resume', async () => {
      await client.request('run/resume', { runId: summary.runId, changes, hub });
      onDone();
      await Promise.all([library.reload(summary.runId), library.refresh()]);
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        resume();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">
          {isDone
            ? t`The run has done its ${summary.maxSteps} steps. Give it more epochs or steps to go on from step ${resumeStep}.`
            : t`Goes on from step ${resumeStep}, at the next row of the data. What you leave alone stays as it was.`}
        </Text>
        {fields.map(({ spec, value }) => (
          <TextInput
            key={spec.name}
            label={spec.name}
            description={t`so far ${String(value)}`}
            data-testid={`change-${spec.name}`}
            inputMode="decimal"
            autoComplete="off"
            className="numeric"
            value={typed[spec.name] ?? String(value)}
            onChange={({ currentTarget }) => setTyped((before) => ({ ...before, [spec.name]: currentTarget.value }))}
          />
        ))}
        <Text
          size="xs"
          c="dimmed"
        >{t`The schedule of the learning rate is that of the new length; steps already taken keep what they learned.`}</Text>
        {pushesToHub(detail.setup.trainingArguments) && <HubAccess need={t`One that may write: push_to_hub is on.`} />}
        {error && <ErrorAlert error={error} onClose={dismiss} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>{t`Cancel`}</Button>
          <Button
            type="submit"
            data-testid="confirm-changes"
            disabled={Object.keys(changes).length === 0}
            loading={busy !== null}
          >
            {isDone ? t`Train on` : t`Resume with these`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

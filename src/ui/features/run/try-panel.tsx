// Tries a checkpoint on typed text.

import { Button, Group, NativeSelect, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import type { CheckpointId } from '#protocol/ids.ts';
import type { CheckpointSummary, Prediction } from '#protocol/messages.ts';
import type { Task } from '#util/task.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { GenerationPanel } from './generation-panel.tsx';
import { PredictionView } from './prediction-view.tsx';
import { bestCheckpoint } from './run-model.ts';

export function TryPanel({ snapshot, chosen }: { snapshot: RunSnapshot; chosen: CheckpointId | null }) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { checkpoints, summary, detail } = snapshot;
  const [picked, setPicked] = useState<CheckpointId | null>(chosen);
  const [text, setText] = useState('');
  const [textPair, setTextPair] = useState('');
  const [prediction, setPrediction] = useState<Prediction | null>(null);
  const checkpoint = checkpoints.find((candidate) => candidate.checkpointId === picked) ?? bestCheckpoint(checkpoints);
  if (!checkpoint) return <Text c="dimmed">{t`There is no checkpoint to try yet.`}</Text>;
  const { task, roles } = detail.setup;
  const [first, second] = labelsFor(task, roles.textPair !== undefined);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start('predict', async () => {
      const inputs = [second === null ? { text } : { text, textPair }];
      const { runId } = summary;
      const [answer] = await client.request('checkpoint/predict', {
        runId,
        checkpointId: checkpoint.checkpointId,
        inputs,
      });
      setPrediction(answer ?? null);
    });
  };
  const select = <CheckpointSelect checkpoints={checkpoints} current={checkpoint} onPick={setPicked} />;
  if (task === 'text-generation') {
    return (
      <Stack gap="md" maw={640}>
        {select}
        <GenerationPanel runId={summary.runId} checkpointId={checkpoint.checkpointId} />
      </Stack>
    );
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md" maw={640}>
        {select}
        <Textarea
          label={first}
          description={task === 'fill-mask' ? t`Write ___ for each gap. Ctrl+Enter sends it` : t`Ctrl+Enter sends it`}
          data-testid="predict-text"
          autosize
          minRows={2}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
        {second !== null && (
          <Textarea
            label={second}
            data-testid="predict-text-pair"
            autosize
            minRows={2}
            value={textPair}
            onChange={({ currentTarget }) => setTextPair(currentTarget.value)}
          />
        )}
        <Group>
          <Button
            type="submit"
            data-testid="predict-submit"
            loading={busy !== null}
            disabled={text.trim() === ''}
          >{t`Predict`}</Button>
        </Group>
        {error && <ErrorAlert error={error} onClose={dismiss} />}
        {prediction && <PredictionView prediction={prediction} problemType={detail.problemType} />}
      </Stack>
    </form>
  );
}

/** What the two fields hold; null: there is no second one. */
function labelsFor(task: Task, pairs: boolean): readonly [first: string, second: string | null] {
  if (task === 'question-answering') return [t`Question`, t`Text that holds the answer`];
  return pairs ? [t`First text`, t`Second text`] : [t`Text`, null];
}

interface CheckpointSelectProps {
  readonly checkpoints: readonly CheckpointSummary[];
  readonly current: CheckpointSummary;
  readonly onPick: (checkpointId: CheckpointId) => void;
}

function CheckpointSelect({ checkpoints, current, onPick }: CheckpointSelectProps) {
  return (
    <NativeSelect
      label={t`Checkpoint`}
      data-testid="predict-checkpoint"
      value={current.checkpointId}
      data={checkpoints.toReversed().map((candidate) => ({
        value: candidate.checkpointId,
        label: `${candidate.name}${candidate.isBest ? t` ★ best` : ''}${candidate.isLatest ? t` (latest)` : ''}`,
      }))}
      onChange={({ currentTarget }) => {
        const picked = checkpoints.find((candidate) => candidate.checkpointId === currentTarget.value);
        if (picked) onPick(picked.checkpointId);
      }}
    />
  );
}

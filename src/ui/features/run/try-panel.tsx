// Tries a checkpoint on typed text.

import { Button, Group, NativeSelect, Paper, Progress, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import type { CheckpointId } from '#protocol/ids.ts';
import type { CheckpointSummary, Prediction, ProblemType } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { formatNumber, formatPercent, plural } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
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
  if (!checkpoint) return <Text c="dimmed">There is no checkpoint to try yet.</Text>;
  const pairs = detail.setup.roles.textPair !== undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start('predict', async () => {
      const inputs = [pairs ? { text, textPair } : { text }];
      const { runId } = summary;
      const [first] = await client.request('checkpoint/predict', {
        runId,
        checkpointId: checkpoint.checkpointId,
        inputs,
      });
      setPrediction(first ?? null);
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md" maw={640}>
        <CheckpointSelect checkpoints={checkpoints} current={checkpoint} onPick={setPicked} />
        <Textarea
          label={pairs ? 'First text' : 'Text'}
          description="Ctrl+Enter sends it"
          data-testid="predict-text"
          autosize
          minRows={2}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
        {pairs && (
          <Textarea
            label="Second text"
            data-testid="predict-text-pair"
            autosize
            minRows={2}
            value={textPair}
            onChange={({ currentTarget }) => setTextPair(currentTarget.value)}
          />
        )}
        <Group>
          <Button type="submit" data-testid="predict-submit" loading={busy !== null} disabled={text.trim() === ''}>
            Predict
          </Button>
        </Group>
        {error && <ErrorAlert error={error} onClose={dismiss} />}
        {prediction && <PredictionView prediction={prediction} problemType={detail.problemType} />}
      </Stack>
    </form>
  );
}

interface CheckpointSelectProps {
  readonly checkpoints: readonly CheckpointSummary[];
  readonly current: CheckpointSummary;
  readonly onPick: (checkpointId: CheckpointId) => void;
}

function CheckpointSelect({ checkpoints, current, onPick }: CheckpointSelectProps) {
  return (
    <NativeSelect
      label="Checkpoint"
      data-testid="predict-checkpoint"
      value={current.checkpointId}
      data={checkpoints.toReversed().map((candidate) => ({
        value: candidate.checkpointId,
        label: `${candidate.name}${candidate.isBest ? ' ★ best' : ''}${candidate.isLatest ? ' (latest)' : ''}`,
      }))}
      onChange={({ currentTarget }) => {
        const picked = checkpoints.find((candidate) => candidate.checkpointId === currentTarget.value);
        if (picked) onPick(picked.checkpointId);
      }}
    />
  );
}

function PredictionView({ prediction, problemType }: { prediction: Prediction; problemType: ProblemType }) {
  const { labels, scores, tokens } = prediction;
  const regression = problemType === 'regression';
  const rows = scores.map((score, index) => ({ label: labels[index] ?? `value ${index + 1}`, score }));
  if (!regression) rows.sort((a, b) => b.score - a.score);
  return (
    <Paper withBorder p="md" data-testid="prediction" role="status" aria-label="Prediction">
      <Stack gap="xs">
        {rows.map(({ label, score }, index) => (
          <Stack gap={2} key={label}>
            <Group justify="space-between">
              <Text size="sm" fw={index === 0 ? 700 : 400}>
                {label}
              </Text>
              <Text size="sm" className="numeric">
                {regression ? formatNumber(score) : formatPercent(score, 1)}
              </Text>
            </Group>
            {!regression && <Progress value={score * 100} aria-hidden="true" color={index === 0 ? 'cyan' : 'gray.5'} />}
          </Stack>
        ))}
        <Text size="xs" c="dimmed">
          {plural(tokens.length, 'token')}: {tokens.join(' ')}
        </Text>
      </Stack>
    </Paper>
  );
}

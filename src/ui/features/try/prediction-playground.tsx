// A typed text, and the answer of each model.

import { Button, Group, Stack, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Prediction } from '#protocol/messages.ts';
import type { Task } from '#util/task.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { BASE, type TriedModel } from './models.ts';
import { type PlaygroundProps, sendOnEnter } from './playground.ts';
import { PredictionView } from './prediction-view.tsx';

export function PredictionPlayground({ snapshot, models, columns }: PlaygroundProps) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { summary, detail } = snapshot;
  const [text, setText] = useState('');
  const [textPair, setTextPair] = useState('');
  const [answers, setAnswers] = useState<ReadonlyMap<TriedModel, Prediction>>(new Map());
  const { task, roles } = detail.setup;
  const [first, second] = labelsFor(task, roles.textPair !== undefined);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start('predict', async () => {
      setAnswers(new Map());
      const inputs = [second === null ? { text } : { text, textPair }];
      const found = new Map<TriedModel, Prediction>();
      for (const model of models) {
        const checkpointId = model === BASE ? null : model;
        const [answer] = await client.request('checkpoint/predict', { runId: summary.runId, checkpointId, inputs });
        if (answer) found.set(model, answer);
        setAnswers(new Map(found));
      }
    });
  };
  return (
    <Stack gap="md">
      <form onSubmit={submit}>
        <Stack gap="sm" maw={720}>
          <Textarea
            label={first}
            description={task === 'fill-mask' ? t`Write ___ for each gap. Ctrl+Enter sends it` : t`Ctrl+Enter sends it`}
            data-testid="predict-text"
            autosize
            minRows={2}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
            onKeyDown={sendOnEnter}
          />
          {second !== null && (
            <Textarea
              label={second}
              data-testid="predict-text-pair"
              autosize
              minRows={2}
              value={textPair}
              onChange={({ currentTarget }) => setTextPair(currentTarget.value)}
              onKeyDown={sendOnEnter}
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
        </Stack>
      </form>
      {columns((model) => {
        const answer = answers.get(model);
        return answer ? <PredictionView prediction={answer} problemType={detail.problemType} /> : null;
      })}
    </Stack>
  );
}

/** What the two fields hold; null: there is no second one. */
function labelsFor(task: Task, pairs: boolean): readonly [first: string, second: string | null] {
  if (task === 'question-answering') return [t`Question`, t`Text that holds the answer`];
  return pairs ? [t`First text`, t`Second text`] : [t`Text`, null];
}

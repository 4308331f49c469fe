// A prompt, and how each model writes on from it, shown as it grows.

import { Button, Group, Paper, Stack, Switch, Text, Textarea } from '@mantine/core';
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { GenerationSettings } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { formatNumber, plural } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { GenerationForm } from './generation-form.tsx';
import { BASE, type TriedModel } from './models.ts';
import { type PlaygroundProps, sendOnEnter } from './playground.ts';

interface Written {
  readonly text: string;
  /** Null while it is being written. */
  readonly speed: string | null;
}

const INITIAL: GenerationSettings = {
  maxNewTokens: 128,
  temperature: null,
  topK: 50,
  topP: 1,
  repetitionPenalty: 1,
  seed: 42,
};

export function GenerationPlayground({ snapshot, models, columns }: PlaygroundProps) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [prompt, setPrompt] = useState('');
  const [isChat, setIsChat] = useState(false);
  const [settings, setSettings] = useState(INITIAL);
  const [current, setCurrent] = useState<{ readonly id: string; readonly model: TriedModel } | null>(null);
  /** Stop ends this model's text and those of the models that have not begun. */
  const isStopped = useRef(false);
  const [written, setWritten] = useState<ReadonlyMap<TriedModel, Written>>(new Map());
  const put = useCallback(
    (model: TriedModel, value: Written): void => setWritten((before) => new Map([...before, [model, value]])),
    [],
  );
  useEffect(
    () =>
      client.onGeneration((event) => {
        if (event.generationId === current?.id) put(current.model, { text: event.text, speed: null });
      }),
    [client, current, put],
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start('generate', async () => {
      setWritten(new Map());
      isStopped.current = false;
      for (const model of models) {
        if (isStopped.current) return;
        const generationId = crypto.randomUUID();
        setCurrent({ id: generationId, model });
        put(model, { text: '', speed: null });
        const checkpointId = model === BASE ? null : model;
        const { runId } = snapshot.summary;
        const request = { runId, checkpointId, generationId, prompt, isChat, settings };
        const { text, tokens, milliseconds } = await client.request('checkpoint/generate', request);
        const rate = formatNumber((1000 * tokens) / milliseconds);
        put(model, { text, speed: t`${plural(tokens, 'token')}, ${rate} a second` });
      }
    });
  };
  const stop = (): void => {
    isStopped.current = true;
    if (current) void client.request('checkpoint/stop-generating', { generationId: current.id });
  };
  return (
    <Stack gap="md">
      <form onSubmit={submit}>
        <Stack gap="sm" maw={860}>
          <Textarea
            label={t`Prompt`}
            description={t`Ctrl+Enter sends it`}
            data-testid="generate-prompt"
            autosize
            minRows={2}
            value={prompt}
            onChange={({ currentTarget }) => setPrompt(currentTarget.value)}
            onKeyDown={sendOnEnter}
          />
          <GenerationForm settings={settings} onChange={(changed) => setSettings({ ...settings, ...changed })} />
          <Switch
            label={t`As a message in a chat`}
            checked={isChat}
            onChange={({ currentTarget }) => setIsChat(currentTarget.checked)}
          />
          <Group>
            <Button
              type="submit"
              data-testid="generate-submit"
              loading={busy !== null}
              disabled={prompt === ''}
            >{t`Write on`}</Button>
            {busy !== null && current && (
              <Button variant="default" data-testid="generate-stop" onClick={stop}>{t`Stop`}</Button>
            )}
          </Group>
          {error && <ErrorAlert error={error} onClose={dismiss} />}
        </Stack>
      </form>
      {columns((model) => {
        const text = written.get(model);
        return text ? <WrittenText prompt={prompt} {...text} /> : null;
      })}
    </Stack>
  );
}

function WrittenText({ prompt, text, speed }: Written & { readonly prompt: string }) {
  return (
    <Paper
      withBorder
      p="md"
      data-testid="generation"
      aria-label={t`What it wrote`}
      role="status"
      aria-busy={speed === null}
    >
      <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        <Text span c="dimmed" inherit>
          {prompt}
        </Text>
        {text}
      </Text>
      {speed && (
        <Text size="xs" c="dimmed" mt="xs">
          {speed}
        </Text>
      )}
    </Paper>
  );
}

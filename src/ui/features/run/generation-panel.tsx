// Lets a checkpoint write on from a prompt, and shows the text as it grows.

import { Button, Group, NumberInput, Paper, SimpleGrid, Stack, Switch, Text, Textarea } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { GenerationSettings } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { formatNumber, plural } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';

interface GenerationPanelProps {
  readonly runId: RunId;
  readonly checkpointId: CheckpointId;
}

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

export function GenerationPanel({ runId, checkpointId }: GenerationPanelProps) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [prompt, setPrompt] = useState('');
  const [isChat, setIsChat] = useState(false);
  const [settings, setSettings] = useState(INITIAL);
  const [generationId, setGenerationId] = useState('');
  const [written, setWritten] = useState<Written | null>(null);
  useEffect(
    () =>
      client.onGeneration((event) => {
        if (event.generationId === generationId) setWritten({ text: event.text, speed: null });
      }),
    [client, generationId],
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const id = crypto.randomUUID();
    setGenerationId(id);
    setWritten({ text: '', speed: null });
    start('generate', async () => {
      const request = { runId, checkpointId, generationId: id, prompt, isChat, settings };
      const { text, tokens, milliseconds } = await client.request('checkpoint/generate', request);
      setWritten({
        text,
        speed: t`${plural(tokens, 'token')}, ${formatNumber((1000 * tokens) / milliseconds)} a second`,
      });
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Textarea
          label={t`Prompt`}
          description={t`Ctrl+Enter sends it`}
          data-testid="generate-prompt"
          autosize
          minRows={2}
          value={prompt}
          onChange={({ currentTarget }) => setPrompt(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
        <Settings settings={settings} onChange={(changed) => setSettings({ ...settings, ...changed })} />
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
          {busy !== null && (
            <Button
              variant="default"
              data-testid="generate-stop"
              onClick={() => void client.request('checkpoint/stop-generating', { generationId })}
            >{t`Stop`}</Button>
          )}
        </Group>
        {error && <ErrorAlert error={error} onClose={dismiss} />}
        {written && !error && (
          <Paper
            withBorder
            p="md"
            data-testid="generation"
            aria-label={t`What it wrote`}
            role="status"
            aria-busy={written.speed === null}
          >
            <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              <Text span c="dimmed" inherit>
                {prompt}
              </Text>
              {written.text}
            </Text>
            {written.speed && (
              <Text size="xs" c="dimmed" mt="xs">
                {written.speed}
              </Text>
            )}
          </Paper>
        )}
      </Stack>
    </form>
  );
}

interface SettingsProps {
  readonly settings: GenerationSettings;
  readonly onChange: (changed: Partial<GenerationSettings>) => void;
}

function Settings({ settings, onChange }: SettingsProps) {
  const number = (value: string | number, valid: (value: number) => boolean): value is number =>
    typeof value === 'number' && valid(value);
  return (
    <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm">
      <NumberInput
        label={t`Tokens`}
        description={t`at most`}
        value={settings.maxNewTokens}
        min={1}
        allowDecimal={false}
        onChange={(value) => number(value, (n) => n >= 1) && onChange({ maxNewTokens: value })}
      />
      <NumberInput
        label={t`Temperature`}
        description={t`0: likeliest`}
        data-testid="generate-temperature"
        value={settings.temperature ?? 0}
        min={0}
        step={0.1}
        onChange={(value) => number(value, (n) => n >= 0) && onChange({ temperature: value === 0 ? null : value })}
      />
      <NumberInput
        label={t`Top k`}
        description={t`0: all`}
        value={settings.topK}
        min={0}
        allowDecimal={false}
        onChange={(value) => number(value, (n) => n >= 0) && onChange({ topK: value })}
      />
      <NumberInput
        label={t`Top p`}
        description={t`up to 1`}
        value={settings.topP}
        min={0.01}
        max={1}
        step={0.05}
        onChange={(value) => number(value, (n) => n > 0 && n <= 1) && onChange({ topP: value })}
      />
      <NumberInput
        label={t`Penalty`}
        description={t`for repeating`}
        value={settings.repetitionPenalty}
        min={0.1}
        step={0.1}
        onChange={(value) => number(value, (n) => n > 0) && onChange({ repetitionPenalty: value })}
      />
    </SimpleGrid>
  );
}

// The model card as it leaves this browser: generated, and completed in place.

import { Button, Code, Group, Loader, Paper, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import type { ModelCardTexts } from '#protocol/messages.ts';
import { downloadText } from '../../components/download.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t } from '../../language/translate.ts';
import { bestCheckpoint } from './run-model.ts';

const EMPTY_CARD: ModelCardTexts = { description: '', intendedUses: '', trainingData: '', license: '' };

export function ModelCardEditor({ snapshot }: { snapshot: RunSnapshot }) {
  const { client, library } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const { summary, detail, checkpoints } = snapshot;
  const { runId } = summary;
  const [texts, setTexts] = useState<ModelCardTexts>(detail.card ?? EMPTY_CARD);
  const checkpointId = bestCheckpoint(checkpoints)?.checkpointId ?? null;
  const card = useRemote(checkpointId && { checkpointId, card: detail.card }, (question) =>
    client.request('checkpoint/card', { runId, checkpointId: question.checkpointId }),
  );
  const save = (event: FormEvent): void => {
    event.preventDefault();
    start('card', async () => {
      await client.request('run/update', { runId, card: texts });
      await library.reload(runId);
    });
  };
  const put = (field: keyof ModelCardTexts) => ({
    value: texts[field],
    onChange: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }) =>
      setTexts({ ...texts, [field]: currentTarget.value }),
  });
  return (
    <Paper withBorder radius="md" p="md" component="section" aria-label={t`Model card`} data-testid="model-card">
      <Stack gap="sm">
        <Title order={2} size="h4">{t`Model card`}</Title>
        <Text size="sm" c="dimmed">
          {t`README.md of every download and push, in HuggingFace's layout. What you write here goes into its sections.`}
        </Text>
        <form onSubmit={save}>
          <Stack gap="sm">
            <Textarea
              label={t`Model description`}
              autosize
              minRows={2}
              data-testid="card-description"
              {...put('description')}
            />
            <Textarea label={t`Intended uses & limitations`} autosize minRows={2} {...put('intendedUses')} />
            <Textarea label={t`Training and evaluation data`} autosize minRows={2} {...put('trainingData')} />
            <TextInput
              label={t`License`}
              description={t`An identifier such as apache-2.0 or cc-by-4.0. That of the base model may bind you.`}
              maw={320}
              {...put('license')}
            />
            <Group>
              <Button
                type="submit"
                size="sm"
                loading={busy !== null}
                data-testid="save-card"
              >{t`Save the card`}</Button>
              {card.status === 'ready' && (
                <Button
                  size="sm"
                  variant="default"
                  onClick={() => downloadText('README.md', card.value.text, 'text/markdown')}
                >{t`Download README.md`}</Button>
              )}
            </Group>
            {error && <ErrorAlert error={error} onClose={dismiss} />}
          </Stack>
        </form>
        {checkpointId === null && <Text size="sm" c="dimmed">{t`There is no checkpoint yet to make a card of.`}</Text>}
        {card.status === 'loading' && <Loader size="sm" aria-label={t`Making the card`} />}
        {card.status === 'failed' && <ErrorAlert error={card.error} />}
        {card.status === 'ready' && (
          <Code block tabIndex={0} mah={360} style={{ overflow: 'auto' }} data-testid="card-text">
            {card.value.text}
          </Code>
        )}
      </Stack>
    </Paper>
  );
}

// A few arguments that may change while the run trains: what is typed acts from the next step on.

import { Button, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import { findArgumentSpec } from '#protocol/argument-specs.ts';
import { HOT_ARGUMENTS, type HotArgument } from '#protocol/hot-arguments.ts';
import { isActive } from '#protocol/run-state.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';

/** Nothing for a run that is not in training here. */
export function HotArguments({ snapshot }: { snapshot: RunSnapshot }) {
  const { state, owner } = snapshot.summary;
  if (!isActive(state) || owner !== 'this-tab') return null;
  return <HotForm snapshot={snapshot} />;
}

function HotForm({ snapshot: { summary, detail } }: { snapshot: RunSnapshot }) {
  const { client, library } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [typed, setTyped] = useState<Partial<Record<HotArgument, string>>>({});
  const { trainingArguments, earlyStopping } = detail.setup;
  const fields = HOT_ARGUMENTS.flatMap((name): { readonly name: HotArgument; readonly value: unknown }[] => {
    if (name === 'early_stopping_patience') return earlyStopping ? [{ name, value: earlyStopping.patience }] : [];
    const strategy = /^(\w+)_steps$/.exec(name)?.[1];
    const strategyOf = (key: string): unknown =>
      Object.hasOwn(trainingArguments, key) ? trainingArguments[key] : findArgumentSpec(key)?.default;
    // A cadence in steps has no effect with another strategy.
    if (strategy !== undefined && strategyOf(`${strategy}_strategy`) !== 'steps') return [];
    return [{ name, value: strategyOf(name) }];
  });
  const changes = Object.fromEntries(
    fields.flatMap(({ name, value }): [string, unknown][] => {
      const text = typed[name]?.trim() ?? '';
      return text === '' || text === String(value) ? [] : [[name, Number.isNaN(Number(text)) ? text : Number(text)]];
    }),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start('change', async () => {
      await client.request('run/change', { runId: summary.runId, changes });
      setTyped({});
      await library.reload(summary.runId);
    });
  };
  return (
    <Paper withBorder radius="md" p="md" component="section" aria-label={t`Change while it trains`}>
      <form onSubmit={submit}>
        <Stack gap="xs">
          <Title order={2} size="h5">{t`Change while it trains`}</Title>
          <Text size="xs" c="dimmed">
            {t`Acts from the next step on, is marked on the charts, and is kept for a resume.`}
          </Text>
          <Group gap="sm" align="flex-end">
            {fields.map(({ name, value }) => (
              <TextInput
                key={name}
                size="xs"
                w={150}
                label={name}
                data-testid={`hot-${name}`}
                placeholder={String(value)}
                value={typed[name] ?? ''}
                onChange={({ currentTarget }) => setTyped({ ...typed, [name]: currentTarget.value })}
              />
            ))}
            <Button
              type="submit"
              size="xs"
              data-testid="hot-apply"
              loading={busy !== null}
              disabled={Object.keys(changes).length === 0}
            >{t`Change`}</Button>
          </Group>
          {error && <ErrorAlert error={error} onClose={dismiss} />}
        </Stack>
      </form>
    </Paper>
  );
}

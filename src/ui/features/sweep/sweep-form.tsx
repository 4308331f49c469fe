// What a sweep tries: its space, how many trials, how they are chosen.

import { Button, Group, NativeSelect, NumberInput, Paper, Stack, Switch, Text, Textarea, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { RunSetup } from '#protocol/messages.ts';
import type { SweepSampler } from '#protocol/sweep-messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { DEFAULT_SPACE, readSpace } from './space-model.ts';

const DEFAULT_TRIALS = 20;

export function SweepForm({ setup, onStarted }: { setup: RunSetup; onStarted: () => void }) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [space, setSpace] = useState(DEFAULT_SPACE);
  const [nTrials, setTrials] = useState<number>(DEFAULT_TRIALS);
  const [sampler, setSampler] = useState<SweepSampler>('tpe');
  const [prunes, setPrunes] = useState(true);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start('sweep', async () => {
      const options = {
        space: readSpace(space),
        nTrials: sampler === 'grid' ? null : nTrials,
        sampler,
        pruner: prunes ? ('median' as const) : ('none' as const),
      };
      await client.request('sweep/start', { setup, options });
      onStarted();
    });
  };
  return (
    <Paper withBorder radius="lg" p={{ base: 'md', sm: 'lg' }} component="section" aria-label={t`New sweep`}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Title order={2} size="h4">{t`New sweep`}</Title>
          <Text size="sm" c="dimmed">
            {t`Each trial trains ${setup.name} with other arguments. HuggingFace's default space is filled in.`}
          </Text>
          <Textarea
            label={t`Space`}
            description={t`A line for each argument: "name: low .. high", with "log" or "step 1" behind it, or "name: value, value".`}
            data-testid="sweep-space"
            ff="monospace"
            autosize
            minRows={4}
            spellCheck={false}
            value={space}
            onChange={({ currentTarget }) => setSpace(currentTarget.value)}
          />
          <Group gap="md" align="flex-end">
            <NativeSelect
              label={t`How trials are chosen`}
              data-testid="sweep-sampler"
              value={sampler}
              onChange={({ currentTarget }) => setSampler(currentTarget.value as SweepSampler)}
              data={[
                { value: 'tpe', label: t`Learning from earlier trials (TPE)` },
                { value: 'random', label: t`At random` },
                { value: 'grid', label: t`Every combination (grid)` },
              ]}
            />
            {sampler !== 'grid' && (
              <NumberInput
                label={t`Trials`}
                data-testid="sweep-trials"
                w={110}
                min={1}
                allowDecimal={false}
                value={nTrials}
                onChange={(value) => typeof value === 'number' && value >= 1 && setTrials(value)}
              />
            )}
            <Switch
              label={t`End hopeless trials early`}
              checked={prunes}
              onChange={({ currentTarget }) => setPrunes(currentTarget.checked)}
            />
            <Button type="submit" data-testid="start-sweep" loading={busy !== null}>{t`Start the sweep`}</Button>
          </Group>
          {error && <ErrorAlert error={error} onClose={dismiss} />}
        </Stack>
      </form>
    </Paper>
  );
}

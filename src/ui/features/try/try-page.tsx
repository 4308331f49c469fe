// The playground: one input, and what several checkpoints of a run make of it, next to each other.

import {
  Anchor,
  Button,
  CloseButton,
  Group,
  Loader,
  NativeSelect,
  SimpleGrid,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { Link } from 'wouter';
import type { RunStore } from '#client/run-store.ts';
import type { RunId } from '#protocol/ids.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { numbered } from '../../components/numbered.ts';
import { useAddressList } from '../../hooks/use-address-list.ts';
import { useRunSnapshot, useRunStore } from '../../hooks/use-run.ts';
import { t } from '../../language/translate.ts';
import { GenerationPlayground } from './generation-playground.tsx';
import { BASE, labelOfModel, MOST, readTried, type TriedModel } from './models.ts';
import type { PlaygroundProps } from './playground.ts';
import { PredictionPlayground } from './prediction-playground.tsx';

export function TryPage({ runId }: { runId: RunId }) {
  const store = useRunStore(runId);
  if (store.status === 'failed') return <ErrorAlert error={store.error} />;
  if (store.status !== 'ready') return <Loader aria-label={t`Opening the run`} />;
  return <OpenTry store={store.value} />;
}

function OpenTry({ store }: { store: RunStore }) {
  const snapshot = useRunSnapshot(store);
  const [given, choose] = useAddressList('models');
  const { summary, checkpoints, detail } = snapshot;
  const models = readTried(given, checkpoints);
  const left = [BASE, ...checkpoints.map(({ checkpointId }) => checkpointId)].filter(
    (model) => !models.includes(model as TriedModel),
  ) as TriedModel[];
  const columns: PlaygroundProps['columns'] = (render) => (
    <SimpleGrid cols={{ base: 1, sm: Math.min(2, models.length), lg: models.length }} spacing="md">
      {numbered(models).map(({ number, item: model }) => (
        <Stack key={model} gap="xs" component="section" aria-label={labelOfModel(model, checkpoints)}>
          <Group gap={4} wrap="nowrap" align="flex-end">
            <NativeSelect
              style={{ flex: 1 }}
              aria-label={t`Model ${number}`}
              data-testid={number === 1 ? 'predict-checkpoint' : `predict-checkpoint-${number}`}
              value={model}
              data={[model, ...left].map((value) => ({ value, label: labelOfModel(value, checkpoints) }))}
              onChange={({ currentTarget }) =>
                choose(models.map((each) => (each === model ? (currentTarget.value as TriedModel) : each)))
              }
            />
            {models.length > 1 && (
              <CloseButton
                aria-label={t`Take ${labelOfModel(model, checkpoints)} away`}
                onClick={() => choose(models.filter((each) => each !== model))}
              />
            )}
          </Group>
          {render(model)}
        </Stack>
      ))}
    </SimpleGrid>
  );
  const Playground = detail.setup.task === 'text-generation' ? GenerationPlayground : PredictionPlayground;
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="xs">
        <Stack gap={0}>
          <Title order={1} size="h3">{t`Try ${summary.name}`}</Title>
          <Anchor
            component={Link}
            href={`/run/${summary.runId}`}
            size="sm"
            data-testid="back-to-run"
          >{t`Back to the run`}</Anchor>
        </Stack>
        {models.length < MOST && left.length > 0 && (
          <Button
            variant="default"
            size="sm"
            data-testid="add-model"
            onClick={() => choose([...models, left[0]!])}
          >{t`Compare with another`}</Button>
        )}
      </Group>
      {checkpoints.length === 0 && (
        <Text c="dimmed">{t`There is no checkpoint yet: only the model as it was before training.`}</Text>
      )}
      <Playground snapshot={snapshot} models={models} columns={columns} />
    </Stack>
  );
}

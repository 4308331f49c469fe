// The way in for everyone: one click to a filled-in setup.

import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { Icon } from '../../components/icon.tsx';
import { t } from '../../language/translate.ts';

export function SampleCard({ onTrainSample }: { onTrainSample: () => void }) {
  return (
    <Paper withBorder radius="lg" p={{ base: 'lg', sm: 'xl' }}>
      <Stack gap="md">
        <Title order={2} size="h2">{t`Fine-tune a text classifier, here`}</Title>
        <Text maw={560}>
          {t`A small pretrained BERT and a labelled set of texts come with the studio. See the loss fall within seconds, stop and resume, and take the model home as a folder that `}
          <code>transformers</code>
          {t` opens.`}
        </Text>
        <Group>
          <Button
            size="lg"
            leftSection={<Icon name="play" />}
            data-testid="train-sample"
            onClick={onTrainSample}
          >{t`Train the sample`}</Button>
          <Text size="sm" c="dimmed">{t`Works offline · nothing is uploaded`}</Text>
        </Group>
      </Stack>
    </Paper>
  );
}

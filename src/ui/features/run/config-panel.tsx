// What the run was started with, as it was then.

import { Button, Code, CopyButton, Group, SimpleGrid, Stack } from '@mantine/core';
import type { RunSnapshot } from '#client/run-store.ts';
import { toHfJson } from '#protocol/training-arguments.ts';
import { downloadText } from '../../components/download.ts';
import { Fact } from '../../components/fact.tsx';
import { formatPercent, formatTime, plural } from '../../format.ts';

export function ConfigPanel({ snapshot, onUseAgain }: { snapshot: RunSnapshot; onUseAgain: () => void }) {
  const { summary, detail } = snapshot;
  const { setup, labels, problemType } = detail;
  const columns = Object.entries(setup.roles).map(([role, name]) => (role === name ? name : `${role}: ${name}`));
  const json = toHfJson(setup.trainingArguments, 'changed');
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Fact name="Model" value={summary.modelName} />
        <Fact name="Data" value={summary.dataName} />
        <Fact name="Columns" value={columns.join(', ') || '–'} />
        <Fact
          name="Task"
          value={
            setup.task === 'text-classification' ? problemType.replaceAll('_', ' ') : setup.task.replaceAll('-', ' ')
          }
        />
        {labels.length > 0 && <Fact name="Labels" value={labels.join(', ')} />}
        <Fact name="Longest input" value={plural(setup.maxLength, 'token')} />
        <Fact name="Held back" value={`${formatPercent(setup.validationFraction)}, seed ${setup.splitSeed}`} />
        <Fact name="Started" value={formatTime(summary.createdAt)} />
      </SimpleGrid>
      <Code block tabIndex={0} data-testid="run-arguments">
        {json}
      </Code>
      <Group gap="xs">
        <CopyButton value={json}>
          {({ copied, copy }) => (
            <Button size="sm" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy arguments'}
            </Button>
          )}
        </CopyButton>
        <Button
          size="sm"
          variant="default"
          onClick={() => downloadText('training_args.json', json, 'application/json')}
        >
          Download training_args.json
        </Button>
        <Button size="sm" onClick={onUseAgain}>
          New run with these settings
        </Button>
      </Group>
    </Stack>
  );
}

// The same few rows, or the same prompt, at every evaluation: how the model's answers change while it learns.

import { Group, Paper, Slider, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import type { RunSample } from '#protocol/messages.ts';
import { scrollable } from '../../components/scrollable.ts';
import { formatCount, formatPercent } from '../../format.ts';
import { t } from '../../language/translate.ts';

export function SamplesPanel({ snapshot }: { snapshot: RunSnapshot }) {
  const { samples } = snapshot;
  const steps = [...new Set(samples.map(({ step }) => step))].sort((a, b) => a - b);
  const [chosen, setChosen] = useState<number | null>(null);
  if (steps.length === 0)
    return (
      <Text c="dimmed">
        {t`Samples come with evaluations: a few validation rows, or the sample prompt, are scored each time.`}
      </Text>
    );
  const index = chosen === null ? steps.length - 1 : Math.max(0, steps.indexOf(chosen));
  const step = steps[index]!;
  const rows = [...new Set(samples.map(({ input }) => input))];
  return (
    <Stack gap="md" data-testid="samples">
      {steps.length > 1 && (
        <Group gap="md" wrap="nowrap" maw={520}>
          <Text size="sm" className="numeric" w={110}>{t`Step ${formatCount(step)}`}</Text>
          <Slider
            style={{ flex: 1 }}
            thumbLabel={t`Evaluation`}
            min={0}
            max={steps.length - 1}
            value={index}
            label={(value) => formatCount(steps[value] ?? 0)}
            onChange={(value) => setChosen(steps[value] ?? null)}
          />
        </Group>
      )}
      {rows.map((input) => (
        <SampleRow key={input} input={input} history={samples.filter((sample) => sample.input === input)} step={step} />
      ))}
    </Stack>
  );
}

interface SampleRowProps {
  readonly input: string;
  readonly history: readonly RunSample[];
  readonly step: number;
}

function SampleRow({ input, history, step }: SampleRowProps) {
  const now = history.findLast((sample) => sample.step <= step) ?? history[0]!;
  return (
    <Paper withBorder p="sm" radius="md">
      <Stack gap={6}>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {input}
          {now.expected !== '' && (
            <Text span size="xs" c="dimmed">
              {' '}
              · {t`label: ${now.expected}`}
            </Text>
          )}
        </Text>
        <Text fw={600} size="sm" c={now.expected !== '' && now.expected !== now.output ? 'red' : ''}>
          {describeOutput(now)}
        </Text>
        {history.length > 1 && (
          <details>
            <summary>
              <Text span size="xs">{t`At every evaluation`}</Text>
            </summary>
            <Table.ScrollContainer minWidth={260} scrollAreaProps={scrollable(t`At every evaluation`)}>
              <Table fz="xs" className="numeric" aria-label={t`At every evaluation`}>
                <Table.Tbody>
                  {history.map((sample) => (
                    <Table.Tr key={sample.step}>
                      <Table.Td w={90}>{formatCount(sample.step)}</Table.Td>
                      <Table.Td>{describeOutput(sample)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </details>
        )}
      </Stack>
    </Paper>
  );
}

const describeOutput = ({ output, probability }: RunSample): string =>
  probability === null ? output : `${output} (${formatPercent(probability)})`;

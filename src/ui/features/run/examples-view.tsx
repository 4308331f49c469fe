// Validation rows with their loss under a checkpoint: the worst, the best, some at random, or those of one cell of the
// confusion matrix.

import { Badge, Button, Group, Loader, SegmentedControl, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { RunId } from '#protocol/ids.ts';
import type { CheckpointSummary, ScoredExample } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatCount, formatNumber, formatPercent } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t } from '../../language/translate.ts';

/** What the label is, and what the model says; null: anything. */
export interface ExampleFilter {
  readonly label: string | null;
  readonly predicted: string | null;
}

type Order = 'worst' | 'best' | 'random';

interface ExamplesViewProps {
  readonly runId: RunId;
  readonly checkpoint: CheckpointSummary;
  readonly filter: ExampleFilter | null;
  readonly onFilter: (filter: ExampleFilter | null) => void;
}

const SHOWN = 25;

export function ExamplesView({ runId, checkpoint, filter, onFilter }: ExamplesViewProps) {
  const { client } = useStudio();
  const [wanted, setWanted] = useState(false);
  const [order, setOrder] = useState<Order>('worst');
  const { checkpointId, name } = checkpoint;
  const asked = wanted || filter !== null;
  const answer = useRemote(asked ? { runId, checkpointId } : null, (question) =>
    client.request('checkpoint/examples', question),
  );
  return (
    <Stack gap="sm" component="section" aria-label={t`Examples`} data-testid="examples">
      <Group justify="space-between" gap="xs">
        <Title order={2} size="h4">{t`Examples`}</Title>
        {asked && (
          <SegmentedControl
            size="xs"
            aria-label={t`Which examples`}
            value={order}
            onChange={(value) => setOrder(value as Order)}
            data={[
              { value: 'worst', label: t`Worst` },
              { value: 'best', label: t`Best` },
              { value: 'random', label: t`Random` },
            ]}
          />
        )}
      </Group>
      {!asked && (
        <Group>
          <Button variant="default" size="xs" data-testid="score-examples" onClick={() => setWanted(true)}>
            {t`Score validation rows with ${name}`}
          </Button>
        </Group>
      )}
      {filter && (
        <Group gap="xs">
          <Badge variant="light" tt="none" size="lg">
            {describeFilter(filter)}
          </Badge>
          <Button size="compact-xs" variant="subtle" onClick={() => onFilter(null)}>{t`All`}</Button>
        </Group>
      )}
      {answer.status === 'loading' && <Loader size="sm" aria-label={t`Scoring the rows`} />}
      {answer.status === 'failed' && <ErrorAlert error={answer.error} />}
      {answer.status === 'ready' && (
        <>
          <Text size="xs" c="dimmed">
            {t`${formatCount(answer.value.examples.length)} of ${formatCount(answer.value.total)} validation rows, scored with ${name}.`}
          </Text>
          <ExampleTable examples={pick(answer.value.examples, order, filter).slice(0, SHOWN)} />
        </>
      )}
    </Stack>
  );
}

function describeFilter({ label, predicted }: ExampleFilter): string {
  if (label !== null && predicted !== null) return t`${label}, said to be ${predicted}`;
  return label !== null ? t`all ${label}` : t`all said to be ${predicted ?? ''}`;
}

/** At random, but the same each time: by a hash of the row's number. */
const scatter = (row: number): number => Math.imul(row + 1, 0x9e3779b1) >>> 0;

function pick(examples: readonly ScoredExample[], order: Order, filter: ExampleFilter | null): ScoredExample[] {
  const wanted = examples.filter(
    ({ label, predicted }) =>
      !filter ||
      ((filter.label === null || filter.label === label) &&
        (filter.predicted === null || filter.predicted === predicted)),
  );
  const by: Readonly<Record<Order, (a: ScoredExample, b: ScoredExample) => number>> = {
    worst: (a, b) => b.loss - a.loss,
    best: (a, b) => a.loss - b.loss,
    random: (a, b) => scatter(a.row) - scatter(b.row),
  };
  return wanted.toSorted(by[order]);
}

function ExampleTable({ examples }: { examples: readonly ScoredExample[] }) {
  if (examples.length === 0) return <Text size="sm" c="dimmed">{t`None among the scored rows.`}</Text>;
  return (
    <Table.ScrollContainer minWidth={520} scrollAreaProps={scrollable(t`Examples`)}>
      <Table fz="sm" aria-label={t`Examples`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={70}>{t`Row`}</Table.Th>
            <Table.Th w={80}>{t`Loss`}</Table.Th>
            <Table.Th>{t`Text`}</Table.Th>
            <Table.Th w={110}>{t`Label`}</Table.Th>
            <Table.Th w={130}>{t`Model says`}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {examples.map(({ row, loss, text, label, predicted, probability }) => (
            <Table.Tr key={row} data-testid="example-row">
              <Table.Td className="numeric">{row + 1}</Table.Td>
              <Table.Td className="numeric">{formatNumber(loss)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{text}</Table.Td>
              <Table.Td>{label}</Table.Td>
              <Table.Td c={predicted !== '' && predicted !== label ? 'red' : ''}>
                {predicted}
                {probability !== null && ` (${formatPercent(probability)})`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

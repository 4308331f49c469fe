// What the model will see: how rows are split and labelled, how long they are, and the tokens of the first ones.

import { Group, Paper, Progress, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import type { DataExamination, TokenPreview } from '#protocol/messages.ts';
import { Fact } from '../../components/fact.tsx';
import { numbered } from '../../components/numbered.ts';
import { formatCount, formatPercent, plural } from '../../format.ts';
import { TASK_NAMES } from './role-names.ts';
import styles from './setup.module.css';

const PROBLEMS = {
  single_label_classification: 'one label per row',
  multi_label_classification: 'several labels per row',
  regression: 'a number per row',
} as const;

export function ExaminationView({ examination }: { examination: DataExamination }) {
  const { task, problemType, trainRows, validationRows, truncatedShare, longest, labels } = examination;
  return (
    <Stack gap="md" data-testid="examination">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Fact name="Task" value={task === 'text-classification' ? PROBLEMS[problemType] : TASK_NAMES[task]} />
        <Fact name="Training" value={plural(trainRows, 'row')} />
        <Fact name="Validation" value={plural(validationRows, 'row')} />
        <Fact name="Longest row" value={`${plural(longest, 'token')}, ${formatPercent(truncatedShare)} of rows cut`} />
      </SimpleGrid>
      {labels.length > 0 && <LabelDistribution examination={examination} />}
      <Stack gap="xs">
        <Title order={3} size="h5">
          What the model will see
        </Title>
        {numbered(examination.previews).map(({ number, item }) => (
          <TokenRow key={number} preview={item} />
        ))}
      </Stack>
    </Stack>
  );
}

const SHOWN_LABELS = 12;

function LabelDistribution({ examination }: { examination: DataExamination }) {
  const { labels, trainCounts, validationCounts } = examination;
  const most = Math.max(1, ...trainCounts);
  return (
    <Table fz="sm" verticalSpacing={4} aria-label="Labels">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Label</Table.Th>
          <Table.Th w="45%">Training rows</Table.Th>
          <Table.Th ta="right">Validation</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody className="numeric">
        {labels.slice(0, SHOWN_LABELS).map((label, index) => (
          <Table.Tr key={label}>
            <Table.Td>{label}</Table.Td>
            <Table.Td>
              <Group gap="xs" wrap="nowrap">
                <Progress value={(100 * (trainCounts[index] ?? 0)) / most} style={{ flex: 1 }} aria-hidden="true" />
                <span>{formatCount(trainCounts[index] ?? 0)}</span>
              </Group>
            </Table.Td>
            <Table.Td ta="right">{formatCount(validationCounts[index] ?? 0)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
      {labels.length > SHOWN_LABELS && <Table.Caption>and {labels.length - SHOWN_LABELS} more labels</Table.Caption>}
    </Table>
  );
}

const SPECIAL = /^(\[[A-Z]+\]|<[^<>]+>)$/;

function TokenRow({ preview }: { preview: TokenPreview }) {
  return (
    <Paper withBorder p="xs" data-testid="token-preview">
      <div className={styles.tokens}>
        {numbered(preview.tokens).map(({ number, item: token }) => (
          <span
            key={number}
            className={styles.token}
            data-special={SPECIAL.test(token) || undefined}
            data-target={preview.targets?.[number - 1] ? true : undefined}
            title={[`id ${preview.ids[number - 1] ?? ''}`, preview.targets?.[number - 1]].filter(Boolean).join(', ')}
          >
            {token}
          </span>
        ))}
      </div>
      <Text size="xs" c="dimmed" mt={4}>
        {plural(preview.tokens.length, 'token')} · label <b>{preview.label}</b>
        {preview.truncated > 0 && (
          <Text span c="orange" inherit>
            {' '}
            · {plural(preview.truncated, 'token')} cut off
          </Text>
        )}
      </Text>
    </Paper>
  );
}

// The latest evaluation: metrics, scores per class, confusion matrix.

import { Anchor, Box, Paper, SimpleGrid, Stack, Table, Text, Title, UnstyledButton } from '@mantine/core';
import { Fact } from '../../components/fact.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatCount, formatNumber, formatPercent, metricLabel } from '../../format.ts';
import { t } from '../../language/translate.ts';
import type { ExampleFilter } from './examples-view.tsx';
import type { ClassScores, LatestEvaluation } from './run-model.ts';

interface EvaluationViewProps {
  readonly evaluation: LatestEvaluation;
  readonly labels: readonly string[];
  /** A cell of the confusion matrix, or a class, was chosen. */
  readonly onCell: (filter: ExampleFilter) => void;
}

export function EvaluationView({ evaluation, labels, onCell }: EvaluationViewProps) {
  const { step, metrics, confusion, classes } = evaluation;
  return (
    <Paper
      withBorder
      radius="lg"
      p={{ base: 'md', sm: 'lg' }}
      component="section"
      aria-label={t`Latest evaluation`}
      data-testid="evaluation"
    >
      <Stack gap="md">
        <Title order={2} size="h4">{t`Evaluation at step ${formatCount(step)}`}</Title>
        <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="sm">
          {metrics.map(([name, value]) => (
            <Fact key={name} name={metricLabel(name)} value={formatNumber(value)} />
          ))}
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          {classes.length > 0 && (
            <ClassTable classes={classes} onClass={(label) => onCell({ label, predicted: null })} />
          )}
          {confusion && <ConfusionMatrix matrix={confusion} labels={labels} onCell={onCell} />}
        </SimpleGrid>
      </Stack>
    </Paper>
  );
}

function ClassTable({ classes, onClass }: { classes: readonly ClassScores[]; onClass: (label: string) => void }) {
  const show = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">{t`Per class`}</Title>
      <Table.ScrollContainer minWidth={320} scrollAreaProps={scrollable(t`Scores per class`)}>
        <Table fz="sm" aria-label={t`Scores per class`} data-testid="class-table">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t`Label`}</Table.Th>
              <Table.Th ta="right">{t`Precision`}</Table.Th>
              <Table.Th ta="right">{t`Recall`}</Table.Th>
              <Table.Th ta="right">F1</Table.Th>
              <Table.Th ta="right">{t`Rows`}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="numeric">
            {classes.map(({ label, precision, recall, f1, rows }) => (
              <Table.Tr key={label}>
                <Table.Td>
                  <Anchor component="button" type="button" size="sm" onClick={() => onClass(label)}>
                    {label}
                  </Anchor>
                </Table.Td>
                <Table.Td ta="right">{show(precision)}</Table.Td>
                <Table.Td ta="right">{show(recall)}</Table.Td>
                <Table.Td ta="right">{show(f1)}</Table.Td>
                <Table.Td ta="right">{rows === null ? '–' : formatCount(rows)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

interface ConfusionMatrixProps {
  readonly matrix: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly onCell: (filter: ExampleFilter) => void;
}

function ConfusionMatrix({ matrix, labels, onCell }: ConfusionMatrixProps) {
  const nameOf = (index: number): string => labels[index] ?? String(index);
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">{t`Confusion matrix`}</Title>
      <Text
        size="xs"
        c="dimmed"
      >{t`Rows: the true label. Columns: what the model says. Shade: share of the row.`}</Text>
      <Table.ScrollContainer
        minWidth={Math.min(600, 120 + 64 * matrix.length)}
        scrollAreaProps={scrollable(t`Confusion matrix`)}
      >
        <Table
          fz="sm"
          withColumnBorders
          withTableBorder
          aria-label={t`Confusion matrix`}
          data-testid="confusion-matrix"
        >
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {matrix.map((_, index) => (
                <Table.Th key={nameOf(index)} ta="center" scope="col">
                  {nameOf(index)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="numeric">
            {matrix.map((row, index) => (
              <Table.Tr key={nameOf(index)}>
                <Table.Th scope="row">{nameOf(index)}</Table.Th>
                {row.map((count, column) => (
                  <Cell
                    key={nameOf(column)}
                    count={count}
                    total={row.reduce((sum, value) => sum + value, 0)}
                    right={index === column}
                    name={t`${nameOf(index)}, said to be ${nameOf(column)}: ${count}`}
                    onClick={() => onCell({ label: nameOf(index), predicted: nameOf(column) })}
                  />
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

interface CellProps {
  readonly count: number;
  readonly total: number;
  readonly right: boolean;
  readonly name: string;
  readonly onClick: () => void;
}

function Cell({ count, total, right, name, onClick }: CellProps) {
  const share = total > 0 ? count / total : 0;
  const hue = right ? 'var(--mantine-color-teal-6)' : 'var(--mantine-color-red-6)';
  return (
    <Box
      component="td"
      ta="center"
      title={formatPercent(share, 1)}
      style={{ background: `color-mix(in srgb, ${hue} ${Math.round(share * 45)}%, transparent)`, padding: 0 }}
    >
      <UnstyledButton
        w="100%"
        py={6}
        ta="center"
        fz="sm"
        aria-label={name}
        data-testid="confusion-cell"
        onClick={onClick}
      >
        {formatCount(count)}
      </UnstyledButton>
    </Box>
  );
}

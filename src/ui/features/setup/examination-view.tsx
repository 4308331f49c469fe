// What will be trained on: how rows are split and labelled, how long they are, and any of them as the model will see it.

import { Group, Progress, SimpleGrid, Stack, Table } from '@mantine/core';
import type { DataExamination } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { Fact } from '../../components/fact.tsx';
import { formatCount, formatPercent, plural } from '../../format.ts';
import { t, translate } from '../../language/translate.ts';
import type { SetupDraft } from './draft-store.ts';
import { LengthHistogram } from './length-histogram.tsx';
import { TASK_NAMES } from './role-names.ts';
import { RowViewer } from './row-viewer.tsx';
import { toTask } from './setup-model.ts';

const PROBLEMS = {
  single_label_classification: msg`one label per row`,
  multi_label_classification: msg`several labels per row`,
  regression: msg`a number per row`,
} as const;

export function ExaminationView({ examination, draft }: { examination: DataExamination; draft: SetupDraft }) {
  const { task, problemType, trainRows, validationRows, truncatedShare, longest, labels } = examination;
  const setup = toTask(draft);
  return (
    <Stack gap="md" data-testid="examination">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Fact
          name={t`Task`}
          value={translate(task === 'text-classification' ? PROBLEMS[problemType] : TASK_NAMES[task])}
        />
        <Fact name={t`Training`} value={plural(trainRows, 'row')} />
        <Fact name={t`Validation`} value={plural(validationRows, 'row')} />
        <Fact
          name={t`Longest row`}
          value={t`${plural(longest, 'token')}, ${formatPercent(truncatedShare)} of rows cut`}
        />
      </SimpleGrid>
      {labels.length > 0 && <LabelDistribution examination={examination} />}
      <LengthHistogram examination={examination} draft={draft} />
      {setup && <RowViewer task={setup} examination={examination} />}
    </Stack>
  );
}

const SHOWN_LABELS = 12;

function LabelDistribution({ examination }: { examination: DataExamination }) {
  const { labels, trainCounts, validationCounts } = examination;
  return (
    <Table fz="sm" verticalSpacing={4} aria-label={t`Labels`} data-testid="label-distribution">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t`Label`}</Table.Th>
          <Table.Th w="35%">{t`Training`}</Table.Th>
          <Table.Th w="35%">{t`Validation`}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody className="numeric">
        {labels.slice(0, SHOWN_LABELS).map((label, index) => (
          <Table.Tr key={label}>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{label}</Table.Td>
            <Share counts={trainCounts} index={index} />
            <Share counts={validationCounts} index={index} />
          </Table.Tr>
        ))}
      </Table.Tbody>
      {labels.length > SHOWN_LABELS && (
        <Table.Caption>{t`and ${labels.length - SHOWN_LABELS} more labels`}</Table.Caption>
      )}
    </Table>
  );
}

/** A label's rows in a part, and their share of the part. */
function Share({ counts, index }: { counts: readonly number[]; index: number }) {
  const count = counts[index] ?? 0;
  const all = Math.max(
    1,
    counts.reduce((sum, each) => sum + each, 0),
  );
  return (
    <Table.Td>
      <Group gap="xs" wrap="nowrap">
        <Progress value={(100 * count) / all} style={{ flex: 1 }} aria-hidden="true" visibleFrom="sm" />
        <span>{t`${formatCount(count)} (${formatPercent(count / all)})`}</span>
      </Group>
    </Table.Td>
  );
}

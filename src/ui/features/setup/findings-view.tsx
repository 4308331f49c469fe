// Training rows that are empty, the same as others, or in validation too; each kind can be left out, and taken back.

import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { DataExamination, LeftOut, RowFinding } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { Icon } from '../../components/icon.tsx';
import { formatCount } from '../../format.ts';
import type { Loadable } from '../../hooks/loadable.ts';
import { t, translate } from '../../language/translate.ts';
import { setLeftOut } from './data-fixes.ts';
import type { SetupDraft } from './draft-store.ts';

const LEFT_OUT: Readonly<Record<LeftOut, string>> = {
  bad: msg`rows that can not be used`,
  empty: msg`rows without a text`,
  duplicates: msg`rows with the same text as an earlier one`,
  'in-validation': msg`rows that are in validation too`,
};

export function FindingsView({ draft, examination }: { draft: SetupDraft; examination: Loadable<DataExamination> }) {
  return (
    <>
      {draft.leaveOut.map((kind) => (
        <Group key={kind} gap="xs" data-testid={`left-out-${kind}`}>
          <Text size="sm">{t`Left out: ${translate(LEFT_OUT[kind])}`}</Text>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setLeftOut(kind, false)}
          >{t`Take them back`}</Button>
        </Group>
      ))}
      {examination.status === 'ready' && <Found examination={examination.value} />}
    </>
  );
}

function Found({ examination: { findings } }: { examination: DataExamination }) {
  const { empty, duplicates, inValidation } = findings;
  return (
    <>
      <Finding
        kind="empty"
        finding={empty}
        title={countOf(empty, t`1 row has no text`, (n) => t`${n} rows have no text`)}
      />
      <Finding
        kind="duplicates"
        finding={duplicates}
        title={countOf(
          duplicates,
          t`1 row has the same text as an earlier one`,
          (n) => t`${n} rows have the same text as an earlier one`,
        )}
      />
      <Finding
        kind="in-validation"
        finding={inValidation}
        title={countOf(
          inValidation,
          t`1 training row is in validation too`,
          (n) => t`${n} training rows are in validation too`,
        )}
        why={t`What the model has seen says little of how it does on texts that it has not.`}
      />
    </>
  );
}

const countOf = ({ count }: RowFinding, one: string, many: (count: string) => string): string =>
  count === 1 ? one : many(formatCount(count));

interface FindingProps {
  readonly kind: LeftOut;
  readonly finding: RowFinding;
  readonly title: string;
  readonly why?: string;
}

function Finding({ kind, finding, title, why }: FindingProps) {
  const { count, examples } = finding;
  if (count === 0) return null;
  const shown = examples.map(({ where, same }) => (same === null ? where : t`${where} as ${same}`)).join(', ');
  return (
    <Alert color="yellow" icon={<Icon name="alert" />} title={title} data-testid={`finding-${kind}`}>
      <Stack gap="xs">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {count > examples.length ? t`${shown} and ${formatCount(count - examples.length)} more` : shown}
        </Text>
        {why !== undefined && <Text size="sm">{why}</Text>}
        <Group>
          <Button
            size="compact-sm"
            variant="default"
            data-testid={`leave-out-${kind}`}
            onClick={() => setLeftOut(kind, true)}
          >
            {count === 1 ? t`Leave it out` : t`Leave them out`}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

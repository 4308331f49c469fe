// The first rows of the file as a table. In the head of each column stands what part it plays, and can be changed.

import { NativeSelect, Table, Text } from '@mantine/core';
import type { CellValue, ColumnSummary, DataSummary } from '#protocol/messages.ts';
import { ROW_FORMS, type Role } from '#protocol/task-roles.ts';
import { msg } from '#util/msg.ts';
import type { Task } from '#util/task.ts';
import { numbered } from '../../components/numbered.ts';
import { scrollable } from '../../components/scrollable.ts';
import { formatCount } from '../../format.ts';
import { t, translate } from '../../language/translate.ts';
import { chooseRole } from './draft-actions.ts';
import { rolesOf, type SetupDraft, taskOf } from './draft-store.ts';
import { ROLE_NAMES } from './role-names.ts';
import styles from './setup.module.css';

const ROWS = 5;
const CHARACTERS = 200;

const KINDS: Readonly<Record<ColumnSummary['kind'], string>> = {
  text: msg`texts`,
  number: msg`numbers`,
  category: msg`categories`,
  list: msg`lists`,
  empty: msg`nothing`,
};

export function DataPreview({ data, draft }: { data: DataSummary; draft: SetupDraft }) {
  return (
    <Table.ScrollContainer minWidth={400} scrollAreaProps={scrollable(t`Preview of the data`)}>
      <Table striped withTableBorder fz="sm" aria-label={t`First rows`} data-testid="data-preview">
        <Table.Thead>
          <Table.Tr>
            {data.columns.map((column) => (
              <Table.Th key={column.name} miw={150} style={{ verticalAlign: 'top' }}>
                <ColumnHead column={column} data={data} draft={draft} />
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {numbered(data.preview.slice(0, ROWS)).map(({ number, item: row }) => (
            <Table.Tr key={number}>
              {data.columns.map((column, at) => (
                <Table.Td key={column.name}>
                  <div className={styles.cell}>{showCell(row[at] ?? null)}</div>
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function ColumnHead({ column, data, draft }: { column: ColumnSummary; data: DataSummary; draft: SetupDraft }) {
  const task = taskOf(draft);
  const roles = rolesOf(draft);
  const offered = rolesOfTask(task);
  const role = offered.find((each) => roles[each] === column.name) ?? '';
  return (
    <>
      <span className={styles.columnName}>{column.name}</span>
      <NativeSelect
        size="xs"
        mt={4}
        aria-label={t`What the column ${column.name} is`}
        data-testid={`role-of-${column.name}`}
        data-used={role !== '' || undefined}
        value={role}
        data={[
          { value: '', label: t`not used` },
          ...offered.map((each) => ({ value: each, label: translate(ROLE_NAMES[each]) })),
        ]}
        onChange={({ currentTarget }) => chooseRole(column.name, (currentTarget.value || null) as Role | null)}
      />
      <Text size="xs" c="dimmed" fw={400} mt={4}>
        {translate(KINDS[column.kind])}
        {column.empty > 0 && ` · ${emptyOf(column, data)}`}
      </Text>
    </>
  );
}

/** Of Parquet the first rows were looked at only. */
const emptyOf = ({ empty }: ColumnSummary, { summarizedRows, rows }: DataSummary): string =>
  summarizedRows < rows
    ? t`${formatCount(empty)} of the first ${formatCount(summarizedRows)} empty`
    : t`${formatCount(empty)} empty`;

const rolesOfTask = (task: Task): Role[] => [...new Set(ROW_FORMS[task].flat().map(({ role }) => role))];

/** Long cells are cut here: a table need not lay out what nobody can read. */
function showCell(value: CellValue): string {
  const shown = value === null ? '—' : String(value);
  return shown.length > CHARACTERS ? `${shown.slice(0, CHARACTERS)}…` : shown;
}

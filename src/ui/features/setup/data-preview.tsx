// The first rows of the file as a table, with the columns that play a part marked.

import { Badge, Group, Table, Text } from '@mantine/core';
import type { CellValue, DataSummary } from '#protocol/messages.ts';
import type { ColumnRoles } from '#protocol/task-roles.ts';
import { numbered } from '../../components/numbered.ts';
import { scrollable } from '../../components/scrollable.ts';
import { ROLE_NAMES } from './role-names.ts';
import styles from './setup.module.css';

const ROWS = 5;
const CHARACTERS = 200;

export function DataPreview({ data, roles }: { data: DataSummary; roles: ColumnRoles }) {
  return (
    <Table.ScrollContainer minWidth={400} scrollAreaProps={scrollable('Preview of the data')}>
      <Table striped withTableBorder fz="sm" aria-label="First rows">
        <Table.Thead>
          <Table.Tr>
            {data.columns.map((column) => (
              <Table.Th key={column.name}>
                <Group gap={6} wrap="nowrap">
                  {column.name}
                  <RoleBadge name={column.name} roles={roles} />
                </Group>
                <Text size="xs" c="dimmed" fw={400}>
                  {column.kind}
                  {column.empty > 0 && `, ${column.empty} empty`}
                </Text>
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

function RoleBadge({ name, roles }: { name: string; roles: ColumnRoles }) {
  const found = (Object.keys(ROLE_NAMES) as (keyof ColumnRoles)[]).find((role) => roles[role] === name);
  return (
    found && (
      <Badge size="xs" tt="none">
        {ROLE_NAMES[found]}
      </Badge>
    )
  );
}

/** Long cells are cut here: a table need not lay out what nobody can read. */
function showCell(value: CellValue): string {
  const text = value === null ? '—' : String(value);
  return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS)}…` : text;
}

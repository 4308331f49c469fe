// Which column is the text, the second text and the label.

import { NativeSelect, SimpleGrid } from '@mantine/core';
import type { DataSummary } from '#protocol/messages.ts';
import { changeDraft } from './draft-actions.ts';
import type { DraftRoles, SetupDraft } from './draft-store.ts';

const FIELDS = [
  { role: 'text', label: 'Text', testId: 'column-text', none: 'Choose a column' },
  { role: 'textPair', label: 'Second text (for pairs)', testId: 'column-text-pair', none: 'None' },
  { role: 'label', label: 'Label', testId: 'column-label', none: 'Choose a column' },
] as const satisfies readonly { role: keyof DraftRoles; label: string; testId: string; none: string }[];

export function ColumnRolesForm({ draft, data }: { draft: SetupDraft; data: DataSummary }) {
  const columns = data.columns.map(({ name }) => ({ value: name, label: name }));
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      {FIELDS.map(({ role, label, testId, none }) => (
        <NativeSelect
          key={role}
          label={label}
          data-testid={testId}
          value={draft.roles[role] ?? ''}
          data={[{ value: '', label: none }, ...columns]}
          onChange={({ currentTarget }) =>
            changeDraft({ roles: { ...draft.roles, [role]: currentTarget.value || null } })
          }
        />
      ))}
    </SimpleGrid>
  );
}

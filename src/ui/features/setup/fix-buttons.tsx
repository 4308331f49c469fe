// Buttons that mend what an error speaks of.

import { Button, Group } from '@mantine/core';
import type { DataSource } from '#protocol/messages.ts';
import type { ErrorFix, StudioError } from '#util/studio-error.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { t } from '../../language/translate.ts';
import { applyFix } from './data-fixes.ts';

interface FixButtonsProps {
  readonly error: StudioError;
  /** See `applyFix`. Default null. */
  readonly rejected?: DataSource | null;
}

/** Nothing where nothing mends it. */
export function FixButtons({ error, rejected = null }: FixButtonsProps) {
  const { client } = useStudio();
  if (error.fixes.length === 0) return null;
  return (
    <Group gap="xs" data-testid="fixes">
      {error.fixes.map((fix) => (
        <Button
          key={JSON.stringify(fix)}
          size="compact-sm"
          color="red"
          variant="filled"
          data-testid={`fix-${fix.kind}`}
          style={{ maxWidth: '100%' }}
          onClick={() => applyFix(client, fix, rejected)}
        >
          {nameOf(fix)}
        </Button>
      ))}
    </Group>
  );
}

function nameOf(fix: ErrorFix): string {
  switch (fix.kind) {
    case 'leave-out-bad-rows':
      return fix.count === 1 ? t`Leave this row out` : t`Leave these ${fix.count} rows out`;
    case 'quotes-as-text':
      return t`Take quotes as text`;
    case 'encoding':
      return t`Read it as ${fix.encoding}: “${fix.sample}”`;
    case 'use-column':
      return t`Use the column ${fix.column}`;
    case 'use-file':
      return t`Train on ${fix.path}`;
    default:
      return fix satisfies never;
  }
}

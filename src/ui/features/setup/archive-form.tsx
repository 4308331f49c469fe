// Which splits of a zip archive are taken.

import { NativeSelect, SimpleGrid } from '@mantine/core';
import type { DataSummary } from '#protocol/messages.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { t } from '../../language/translate.ts';
import { takeFiles } from './data-fixes.ts';

export function ArchiveForm({ archive }: { archive: NonNullable<DataSummary['archive']> }) {
  const { client } = useStudio();
  const { files, splits, train, validation } = archive;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      <NativeSelect
        label={t`Training file in the archive`}
        description={files === 1 ? t`1 data file was found` : t`${files} data files were found`}
        data-testid="archive-train"
        value={train}
        data={[...splits]}
        onChange={({ currentTarget }) => takeFiles(client, currentTarget.value, null)}
      />
      <NativeSelect
        label={t`Validation file in the archive`}
        description={t`or rows of the training file are held back`}
        data-testid="archive-validation"
        value={validation ?? ''}
        data={[{ value: '', label: t`none: hold rows back` }, ...splits.filter((name) => name !== train)]}
        onChange={({ currentTarget }) => takeFiles(client, train, currentTarget.value || null)}
      />
    </SimpleGrid>
  );
}

// Where validation rows come from, and how long inputs may be.

import { Button, Checkbox, Group, NumberInput, SimpleGrid, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { DataSource, DataSummary, NamedFile } from '#protocol/messages.ts';
import { groupShards } from '#util/shards.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { JobProgress } from '../../components/job-progress.tsx';
import { plural } from '../../format.ts';
import { readyValue } from '../../hooks/loadable.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';
import { changeDraft, OPEN_JOB, replaceData } from './draft-actions.ts';
import { type SetupDraft, taskOf } from './draft-store.ts';
import { DATA_FILES } from './file-sorting.ts';
import { FixButtons } from './fix-buttons.tsx';

export function SplitForm({ draft, data }: { draft: SetupDraft; data: DataSummary }) {
  const positions = readyValue(draft.model)?.maxPositions;
  const ownValidation = data.validationRows !== null;
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <NumberInput
          label={t`Longest input`}
          description={positions === undefined ? t`in tokens` : t`in tokens, at most ${positions}`}
          data-testid="max-length"
          value={draft.maxLength}
          min={1}
          {...(positions === undefined ? {} : { max: positions })}
          clampBehavior="none"
          allowDecimal={false}
          onChange={(value) => typeof value === 'number' && changeDraft({ maxLength: value })}
        />
        {!ownValidation && (
          <>
            <NumberInput
              label={t`Held back`}
              description={t`share for validation`}
              data-testid="validation-fraction"
              value={Math.round(draft.validationFraction * 100)}
              suffix=" %"
              min={0}
              max={90}
              step={5}
              allowDecimal={false}
              onChange={(value) => typeof value === 'number' && changeDraft({ validationFraction: value / 100 })}
            />
            <NumberInput
              label={t`Seed of the split`}
              description={t`same seed, same rows`}
              data-testid="split-seed"
              value={draft.splitSeed}
              min={0}
              max={4294967295}
              allowDecimal={false}
              onChange={(value) => typeof value === 'number' && changeDraft({ splitSeed: value })}
            />
          </>
        )}
      </SimpleGrid>
      {!ownValidation && taskOf(draft) === 'text-classification' && (
        <Checkbox
          label={t`Same share of every label in both parts`}
          data-testid="stratify"
          checked={draft.stratify}
          onChange={({ currentTarget }) => changeDraft({ stratify: currentTarget.checked })}
        />
      )}
      <ValidationFile source={draft.dataSource} data={data} />
    </Stack>
  );
}

function ValidationFile({ source, data }: { source: DataSource | null; data: DataSummary }) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [asked, setAsked] = useState<DataSource | null>(null);
  if (source?.kind !== 'files') return null;
  const { validation = [] } = source;
  const reopen = (files: readonly NamedFile[]): void => {
    const wanted = { ...source, validation: groupShards(files)[0]?.files };
    setAsked(wanted);
    start('open', () => replaceData(client, wanted));
  };
  return (
    <>
      {error && (
        <ErrorAlert error={error} onClose={dismiss}>
          <FixButtons error={error} rejected={asked} />
        </ErrorAlert>
      )}
      {busy !== null && <JobProgress jobId={OPEN_JOB} />}
      {validation.length > 0 ? (
        <Group gap="xs">
          <Text size="sm">
            {t`Validation: ${data.validationFile}`}
            {data.validationRows !== null && ` · ${plural(data.validationRows, 'row')}`}
          </Text>
          <Button
            size="compact-xs"
            variant="default"
            data-testid="remove-validation"
            onClick={() => reopen([])}
          >{t`Remove`}</Button>
        </Group>
      ) : (
        <FileDrop
          label={t`A file for validation`}
          hint={t`Optional: with the same columns, instead of holding rows back.`}
          accept={DATA_FILES}
          multiple
          testId="validation-input"
          compact
          onFiles={reopen}
          onFail={(thrown) => start('read', () => Promise.reject(thrown))}
        />
      )}
    </>
  );
}

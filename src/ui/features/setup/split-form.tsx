// Where validation rows come from, and how long inputs may be.

import { Button, Group, NumberInput, SimpleGrid, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { DataSummary, NamedFile } from '#protocol/messages.ts';
import type { StudioError } from '#util/studio-error.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { plural } from '../../format.ts';
import { readyValue } from '../../hooks/loadable.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { toStudioError } from '../../hooks/to-studio-error.ts';
import { changeDraft, openData } from './draft-actions.ts';
import type { SetupDraft } from './draft-store.ts';

export function SplitForm({ draft, data }: { draft: SetupDraft; data: DataSummary }) {
  const positions = readyValue(draft.model)?.maxPositions;
  const ownValidation = data.validationRows !== null;
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <NumberInput
          label="Longest input"
          description={positions === undefined ? 'in tokens' : `in tokens, at most ${positions}`}
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
              label="Held back"
              description="share for validation"
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
              label="Seed of the split"
              description="same seed, same rows"
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
      <ValidationFile draft={draft} rows={data.validationRows} />
    </Stack>
  );
}

function ValidationFile({ draft, rows }: { draft: SetupDraft; rows: number | null }) {
  const { client } = useStudio();
  const [error, setError] = useState<StudioError | null>(null);
  const { trainFile, validationFile } = draft;
  const reopen = (validation: NamedFile | undefined): void => {
    if (trainFile) void openData(client, { kind: 'files', train: trainFile, validation });
  };
  if (validationFile) {
    return (
      <Group gap="xs">
        <Text size="sm">
          Validation: {validationFile.path}
          {rows !== null && ` · ${plural(rows, 'row')}`}
        </Text>
        <Button size="compact-xs" variant="default" onClick={() => reopen(undefined)}>
          Remove
        </Button>
      </Group>
    );
  }
  if (!trainFile) return null;
  return (
    <>
      {error && <ErrorAlert error={error} onClose={() => setError(null)} />}
      <FileDrop
        label="A file for validation"
        hint="Optional: with the same columns, instead of holding rows back."
        accept=".csv,.tsv,.jsonl,.ndjson,.json,.txt,.conll,.iob,.bio"
        testId="validation-input"
        compact
        onFiles={(files) => reopen(files[0])}
        onFail={(thrown) => setError(toStudioError(thrown))}
      />
    </>
  );
}

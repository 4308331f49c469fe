// The data: file or sample, preview, columns, split, and what the model will see of the first rows.

import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { DataExamination, NamedFile } from '#protocol/messages.ts';
import type { StudioError } from '#util/studio-error.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { Icon } from '../../components/icon.tsx';
import { JobProgress } from '../../components/job-progress.tsx';
import { formatCount, plural } from '../../format.ts';
import type { Loadable } from '../../hooks/loadable.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { toStudioError } from '../../hooks/to-studio-error.ts';
import { t, translate } from '../../language/translate.ts';
import { ArchiveForm } from './archive-form.tsx';
import { DataPreview } from './data-preview.tsx';
import { cancelData, OPEN_JOB, openData } from './draft-actions.ts';
import type { SetupDraft } from './draft-store.ts';
import { ExaminationView } from './examination-view.tsx';
import { DATA_FILES, sortFiles } from './file-sorting.ts';
import { FindingsView } from './findings-view.tsx';
import { FixButtons } from './fix-buttons.tsx';
import { HubPanel } from './hub/hub-panel.tsx';
import { type SectionStatus, SetupSection } from './setup-section.tsx';
import { SplitForm } from './split-form.tsx';
import { TaskForm } from './task-form.tsx';
import { EXAMINE_JOB } from './use-setup.ts';

interface DataSectionProps {
  readonly draft: SetupDraft;
  readonly examination: Loadable<DataExamination>;
  readonly onExamineAgain: () => void;
}

export function DataSection({ draft, examination, onExamineAgain }: DataSectionProps) {
  const { data } = draft;
  const summary = data.status === 'ready' ? `${data.value.name} · ${plural(data.value.rows, 'row')}` : undefined;
  return (
    <SetupSection title={t`Data`} status={statusOf(draft, examination)} summary={summary}>
      {data.status === 'ready' && (
        <Stack gap="md">
          <Warnings warnings={data.value.warnings} />
          {data.value.archive && <ArchiveForm archive={data.value.archive} />}
          <TaskForm draft={draft} />
          <DataPreview data={data.value} draft={draft} />
          <SplitForm draft={draft} data={data.value} />
          {examination.status === 'loading' && <JobProgress jobId={EXAMINE_JOB} />}
          {examination.status === 'failed' && (
            <ErrorAlert error={examination.error}>
              <FixButtons error={examination.error} />
              {examination.error.code === 'E-CANCELLED' && (
                <Button
                  size="compact-sm"
                  style={{ alignSelf: 'flex-start' }}
                  data-testid="examine-again"
                  onClick={onExamineAgain}
                >{t`Examine again`}</Button>
              )}
            </ErrorAlert>
          )}
          <FindingsView draft={draft} examination={examination} />
          {examination.status === 'ready' && (
            <>
              <Warnings warnings={examination.value.warnings.filter((text) => !data.value.warnings.includes(text))} />
              <ExaminationView examination={examination.value} draft={draft} />
            </>
          )}
        </Stack>
      )}
      {data.status === 'loading' && <JobProgress jobId={OPEN_JOB} onCancel={cancelData} />}
      {data.status === 'failed' && (
        <ErrorAlert error={data.error}>
          <FixButtons error={data.error} />
        </ErrorAlert>
      )}
      <DataDrop draft={draft} />
    </SetupSection>
  );
}

function statusOf({ data, model }: SetupDraft, examination: Loadable<DataExamination>): SectionStatus {
  if (data.status === 'failed' || examination.status === 'failed') return 'error';
  if (data.status === 'loading' || examination.status === 'loading') return 'busy';
  if (examination.status === 'ready') return 'done';
  return data.status === 'ready' && model.status === 'ready' ? 'error' : 'todo';
}

function DataDrop({ draft }: { draft: SetupDraft }) {
  const { client } = useStudio();
  const [error, setError] = useState<StudioError | null>(null);
  const { data, sampleData } = draft;
  const open = (files: readonly NamedFile[]): void => {
    const { train, validation } = sortFiles(files);
    // What does not look like data is handed on as it is, so that the reader says what is wrong with it.
    const given = train.length > 0 ? train : files.slice(0, 1);
    if (given.length > 0) void openData(client, { kind: 'files', train: given, validation });
  };
  return (
    <>
      {error && <ErrorAlert error={error} onClose={() => setError(null)} />}
      <FileDrop
        label={data.status === 'ready' ? t`Other data` : t`Your data`}
        hint={t`CSV, TSV, JSON, JSONL, CoNLL, Parquet, plain text, or a zip of them. It stays on this device.`}
        accept={DATA_FILES}
        multiple
        testId="data-input"
        compact={data.status === 'ready'}
        onFiles={open}
        onFail={(thrown) => setError(toStudioError(thrown))}
      />
      <HubPanel kind="dataset" onUse={(source) => 'train' in source && void openData(client, source)} />
      {!sampleData && (
        <Group>
          <Button
            variant="default"
            size="sm"
            data-testid="use-sample-data"
            onClick={() => void openData(client, { kind: 'sample' })}
          >{t`Use the bundled data`}</Button>
        </Group>
      )}
    </>
  );
}

const SHOWN = 5;

function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <Alert
      color="yellow"
      icon={<Icon name="alert" />}
      title={warnings.length === 1 ? t`1 thing to know` : t`${warnings.length} things to know`}
    >
      <List size="sm">
        {warnings.slice(0, SHOWN).map((warning) => (
          <List.Item key={warning}>{translate(warning)}</List.Item>
        ))}
      </List>
      {warnings.length > SHOWN && <Text size="sm">{t`… and ${formatCount(warnings.length - SHOWN)} more`}</Text>}
    </Alert>
  );
}

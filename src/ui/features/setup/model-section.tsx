// The model: the sample or an HF folder, zip or files, and what was recognised in it.

import { Alert, Button, Group, List, SimpleGrid, Stack } from '@mantine/core';
import { useState } from 'react';
import type { ModelSummary } from '#protocol/messages.ts';
import type { StudioError } from '#util/studio-error.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Fact } from '../../components/fact.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { Icon } from '../../components/icon.tsx';
import { formatBytes, formatCount, formatParameters, plural } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { toStudioError } from '../../hooks/to-studio-error.ts';
import { t, translate } from '../../language/translate.ts';
import { openModel } from './draft-actions.ts';
import type { SetupDraft } from './draft-store.ts';
import { HubPanel } from './hub/hub-panel.tsx';
import { type SectionStatus, SetupSection } from './setup-section.tsx';

const STATUS: Record<SetupDraft['model']['status'], SectionStatus> = {
  empty: 'todo',
  loading: 'busy',
  ready: 'done',
  failed: 'error',
};

export function ModelSection({ draft }: { draft: SetupDraft }) {
  const { client } = useStudio();
  const { model, sampleModel } = draft;
  const [dropError, setDropError] = useState<StudioError | null>(null);
  return (
    <SetupSection
      title={t`Model`}
      status={STATUS[model.status]}
      summary={model.status === 'ready' ? model.value.name : undefined}
    >
      {model.status === 'ready' && <Summary model={model.value} />}
      {model.status === 'failed' && <ErrorAlert error={model.error} />}
      {dropError && <ErrorAlert error={dropError} onClose={() => setDropError(null)} />}
      <FileDrop
        label={model.status === 'ready' ? t`Another model` : t`Your model`}
        hint={t`A HuggingFace folder or its zip: config.json, model.safetensors, tokenizer.json.`}
        multiple
        testId="model-input"
        folderTestId="model-folder-input"
        compact={model.status === 'ready'}
        onFiles={(files) => void openModel(client, { kind: 'files', files })}
        onFail={(thrown) => setDropError(toStudioError(thrown))}
      />
      <HubPanel kind="model" onUse={(source) => void openModel(client, source)} />
      {!sampleModel && (
        <Group>
          <Button
            variant="default"
            size="sm"
            data-testid="use-sample-model"
            onClick={() => void openModel(client, { kind: 'sample' })}
          >{t`Use the bundled model`}</Button>
        </Group>
      )}
    </SetupSection>
  );
}

const SHOWN = 6;

function Summary({ model }: { model: ModelSummary }) {
  return (
    <Stack gap="sm" data-testid="model-summary">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Fact name={t`Architecture`} value={model.architecture} />
        <Fact name={t`Parameters`} value={formatParameters(model.parameters)} />
        <Fact name={t`Layers × width`} value={`${model.layers} × ${model.hiddenSize}`} />
        <Fact name={t`Vocabulary`} value={formatCount(model.vocabSize)} />
        <Fact name={t`Longest input`} value={plural(model.maxPositions, 'token')} />
        <Fact name={t`Weights`} value={`${model.dtypes.join(', ')} · ${formatBytes(model.bytes)}`} />
        <Fact name={t`Model type`} value={model.modelType} />
        <Fact name={t`Labels`} value={model.labels.length > 0 ? model.labels.join(', ') : t`from the data`} />
      </SimpleGrid>
      {model.newParameters.length > 0 && (
        <Alert color="blue" variant="light" icon={<Icon name="alert" />} title={t`Some weights start fresh`}>
          {t`The files do not hold: ${someOf(model.newParameters)}. That is usual for a classifier on a pretrained model: training fills it.`}
        </Alert>
      )}
      {model.notes.length > 0 && (
        <List size="sm" c="dimmed">
          {model.notes.map((note) => (
            <List.Item key={note}>{translate(note)}</List.Item>
          ))}
        </List>
      )}
    </Stack>
  );
}

const someOf = (names: readonly string[]): string => {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? t`${shown} and ${names.length - SHOWN} more` : shown;
};

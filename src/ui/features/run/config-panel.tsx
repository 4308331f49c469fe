// What the run was started with, as it was then.

import { Anchor, Button, Code, CopyButton, Group, SimpleGrid, Stack } from '@mantine/core';
import type { RunSnapshot } from '#client/run-store.ts';
import type { HubRevision } from '#protocol/hub-messages.ts';
import { toHfJson } from '#protocol/training-arguments.ts';
import { downloadText } from '../../components/download.ts';
import { Fact } from '../../components/fact.tsx';
import { Icon } from '../../components/icon.tsx';
import { formatPercent, formatTime, plural } from '../../format.ts';
import { useHubConnection } from '../../hooks/hub-session.ts';
import { t } from '../../language/translate.ts';
import { ModelCardEditor } from './model-card-editor.tsx';

export function ConfigPanel({ snapshot, onUseAgain }: { snapshot: RunSnapshot; onUseAgain: () => void }) {
  const { summary, detail } = snapshot;
  const { setup, labels, problemType, origin } = detail;
  const columns = Object.entries(setup.roles).map(([role, name]) => (role === name ? name : `${role}: ${name}`));
  const json = toHfJson(setup.trainingArguments, 'changed');
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Fact name={t`Model`} value={summary.modelName} />
        <Fact name={t`Data`} value={summary.dataName} />
        <Fact name={t`Columns`} value={columns.join(', ') || '–'} />
        <Fact
          name={t`Task`}
          value={
            setup.task === 'text-classification' ? problemType.replaceAll('_', ' ') : setup.task.replaceAll('-', ' ')
          }
        />
        {labels.length > 0 && <Fact name={t`Labels`} value={labels.join(', ')} />}
        {setup.peft && <Fact name={t`LoRA`} value={`r ${setup.peft.rank}, alpha ${setup.peft.loraAlpha}`} />}
        <Fact name={t`Longest input`} value={plural(setup.maxLength, 'token')} />
        <Fact name={t`Held back`} value={`${formatPercent(setup.validationFraction)}, seed ${setup.splitSeed}`} />
        <Fact name={t`Started`} value={formatTime(summary.createdAt)} />
        {origin.model && <Origin name={t`Model's commit`} page={origin.model.repo} from={origin.model} />}
        {origin.data && <Origin name={t`Data's commit`} page={`datasets/${origin.data.repo}`} from={origin.data} />}
      </SimpleGrid>
      <Code block tabIndex={0} data-testid="run-arguments">
        {json}
      </Code>
      <Group gap="xs">
        <CopyButton value={json}>
          {({ copied, copy }) => (
            <Button size="sm" variant="default" onClick={copy}>
              {copied ? t`Copied` : t`Copy arguments`}
            </Button>
          )}
        </CopyButton>
        <Button
          size="sm"
          variant="default"
          onClick={() => downloadText('training_args.json', json, 'application/json')}
        >{t`Download training_args.json`}</Button>
        <Button size="sm" onClick={onUseAgain}>{t`New run with these settings`}</Button>
        <Button
          size="sm"
          variant="default"
          leftSection={<Icon name="print" size={14} />}
          onClick={() => window.print()}
        >{t`Print a report`}</Button>
      </Group>
      <ModelCardEditor snapshot={snapshot} />
    </Stack>
  );
}

/** The commit of the Hub that was downloaded, with a link to it. */
function Origin({ name, page, from }: { name: string; page: string; from: HubRevision }) {
  const { endpoint } = useHubConnection();
  const address = `${endpoint}/${page}/tree/${from.revision}`;
  return (
    <Fact
      name={name}
      testId="run-origin"
      value={
        <Anchor inherit href={address} target="_blank" rel="noreferrer">
          {from.revision}
        </Anchor>
      }
    />
  );
}

// Takes arguments by paste or file into the form: JSON, YAML, Python or a command line.

import { Alert, Button, Group, List, Modal, Stack, Table, Text, Textarea } from '@mantine/core';
import { useRef, useState } from 'react';
import type { ArgumentIssue } from '#protocol/argument-spec.ts';
import { Icon } from '../../components/icon.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { changeHubSession } from '../../hooks/hub-session.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t, translate } from '../../language/translate.ts';
import { argumentDiff, effectiveArguments, importArguments, writeValue } from './arguments-model.ts';
import { changeDraft } from './draft-actions.ts';
import type { SetupDraft } from './draft-store.ts';

export function ArgumentImport({ draft }: { draft: SetupDraft }) {
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [notes, setNotes] = useState<readonly ArgumentIssue[]>([]);
  const take = (given: string): void => {
    setText(given);
    setFault(null);
  };
  const apply = async (): Promise<void> => {
    const result = await importArguments(text);
    if (!result.ok) {
      setFault(result.message);
      return;
    }
    changeDraft({ arguments: result.draft });
    if (result.hubToken !== null) changeHubSession({ token: result.hubToken });
    setNotes(result.notes);
    setFault(null);
    setText('');
    setOpened(false);
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon name="upload" size={14} />}
        data-testid="args-import"
        onClick={() => setOpened(true)}
      >{t`Import`}</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t`Import training arguments`} size="lg">
        <Stack gap="sm">
          <Text size="sm">{t`Paste HuggingFace's TrainingArguments as they are: JSON, YAML, Python source with TrainingArguments(…), or the command line of a script. Older names are understood. Fields that are not given take HuggingFace's defaults. Nothing is run.`}</Text>
          <Textarea
            label={t`Training arguments`}
            data-autofocus
            data-testid="args-import-text"
            autosize
            minRows={8}
            maxRows={18}
            placeholder={t`TrainingArguments(\n    learning_rate=2e-5,\n    num_train_epochs=3,\n)`}
            styles={{ input: { fontFamily: 'monospace' } }}
            value={text}
            error={fault}
            onChange={({ currentTarget }) => take(currentTarget.value)}
          />
          <Group justify="space-between">
            <FilePicker onText={take} onFail={setFault} />
            <Button
              data-testid="args-import-apply"
              disabled={text.trim() === ''}
              onClick={() => void apply()}
            >{t`Use these arguments`}</Button>
          </Group>
          {/* Below the button: what comes a moment later must not push it away under the pointer. */}
          <ImportDiff text={text} draft={draft} />
        </Stack>
      </Modal>
      {notes.length > 0 && <ImportNotes notes={notes} onClose={() => setNotes([])} />}
    </>
  );
}

/** What the text would change, as it is typed; nothing while it can not be read. */
function ImportDiff({ text, draft }: { text: string; draft: SetupDraft }) {
  const result = useRemote(text.trim() === '' ? null : text, importArguments, 300);
  if (result.status !== 'ready' || !result.value.ok) return null;
  const rows = argumentDiff(
    effectiveArguments(draft.arguments, draft.sampleModel),
    effectiveArguments(result.value.draft, draft.sampleModel),
  );
  if (rows.length === 0) return <Text size="sm" c="dimmed">{t`These arguments are the present ones.`}</Text>;
  return (
    <Table.ScrollContainer minWidth={320} mah={220} scrollAreaProps={scrollable(t`What would change`)}>
      <Table fz="xs" aria-label={t`What would change`} data-testid="import-diff">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t`Argument`}</Table.Th>
            <Table.Th>{t`Now`}</Table.Th>
            <Table.Th>{t`Then`}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ name, before, after }) => (
            <Table.Tr key={name}>
              <Table.Td>{name}</Table.Td>
              <Table.Td>{writeValue(before)}</Table.Td>
              <Table.Td fw={600}>{writeValue(after)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function FilePicker({ onText, onFail }: { onText: (text: string) => void; onFail: (message: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const read = (): void => {
    const file = input.current?.files?.[0];
    file?.text().then(
      (text) => (text.trim() === '' ? onFail(t`${file.name} is empty.`) : onText(text)),
      (thrown: unknown) => onFail(t`${file.name} could not be read: ${String(thrown)}`),
    );
    if (input.current) input.current.value = '';
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,.yaml,.yml,.py,.sh,.txt"
        hidden
        aria-label={t`File with arguments`}
        data-testid="args-import-file"
        onChange={read}
      />
      <Button variant="default" onClick={() => input.current?.click()}>{t`From a file`}</Button>
    </>
  );
}

function ImportNotes({ notes, onClose }: { notes: readonly ArgumentIssue[]; onClose: () => void }) {
  return (
    <Alert
      color="blue"
      title={t`What became of the import`}
      withCloseButton
      closeButtonLabel={t`Dismiss`}
      onClose={onClose}
      w="100%"
    >
      <List size="sm">
        {notes.map((note) => (
          <List.Item key={note.name}>{[note.message, note.hint ?? ''].map(translate).join(' ')}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

// Takes arguments by paste or file into the form: JSON, YAML, Python or a command line.

import { Alert, Button, Group, List, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useRef, useState } from 'react';
import type { ArgumentIssue } from '#protocol/argument-spec.ts';
import { Icon } from '../../components/icon.tsx';
import { changeHubSession } from '../../hooks/hub-session.ts';
import { t, translate } from '../../language/translate.ts';
import { importArguments } from './arguments-model.ts';
import { changeDraft } from './draft-actions.ts';

export function ArgumentImport() {
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
        </Stack>
      </Modal>
      {notes.length > 0 && <ImportNotes notes={notes} onClose={() => setNotes([])} />}
    </>
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

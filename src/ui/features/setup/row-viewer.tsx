// Any row as the model will see it: by number, one after another, or by a text in it.

import { Button, Group, NumberInput, Paper, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import type { DataExamination, DataPart, TaskSetup, TokenPreview, ViewedRow } from '#protocol/messages.ts';
import type { Task } from '#util/task.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { numbered } from '../../components/numbered.ts';
import { formatCount, plural } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t } from '../../language/translate.ts';
import styles from './setup.module.css';

interface RowViewerProps {
  readonly task: TaskSetup;
  readonly examination: DataExamination;
}

export function RowViewer({ task, examination }: RowViewerProps) {
  const { client } = useStudio();
  const [part, setPart] = useState<DataPart>('train');
  const [index, setIndex] = useState(0);
  const viewed = useRemote({ task, part, index }, (question) => client.request('data/view-row', question), 50);
  const rows = part === 'train' ? examination.trainRows : examination.validationRows;
  return (
    <Stack gap="xs" data-testid="row-viewer">
      <Title order={3} size="h5">{t`What the model will see`}</Title>
      <Group gap="xs" align="end">
        {examination.validationRows > 0 && (
          <Select
            label={t`Part`}
            data-testid="row-part"
            w={140}
            allowDeselect={false}
            value={part}
            data={[
              { value: 'train', label: t`Training` },
              { value: 'validation', label: t`Validation` },
            ]}
            onChange={(value) => {
              setPart(value === 'validation' ? 'validation' : 'train');
              setIndex(0);
            }}
          />
        )}
        <NumberInput
          label={t`Row, of ${formatCount(rows)}`}
          data-testid="row-number"
          w={130}
          value={index + 1}
          min={1}
          max={Math.max(1, rows)}
          allowDecimal={false}
          onChange={(value) => typeof value === 'number' && value >= 1 && setIndex(Math.min(value, rows) - 1)}
        />
        <Button
          variant="default"
          data-testid="row-previous"
          disabled={index === 0}
          onClick={() => setIndex(index - 1)}
        >{t`Previous`}</Button>
        <Button
          variant="default"
          data-testid="row-next"
          disabled={index + 1 >= rows}
          onClick={() => setIndex(index + 1)}
        >{t`Next`}</Button>
      </Group>
      <RowSearch task={task} part={part} index={index} onFound={(found) => setIndex(found.index)} />
      {viewed.status === 'failed' && <ErrorAlert error={viewed.error} />}
      {viewed.status === 'ready' && viewed.value && <RowView row={viewed.value} task={task.task} />}
    </Stack>
  );
}

interface RowSearchProps {
  readonly task: TaskSetup;
  readonly part: DataPart;
  readonly index: number;
  readonly onFound: (row: ViewedRow) => void;
}

function RowSearch({ task, part, index, onFound }: RowSearchProps) {
  const { client } = useStudio();
  const { busy, error, start } = useAction();
  const [typed, setTyped] = useState('');
  const [none, setNone] = useState(false);
  const find = (backwards: boolean): void =>
    start('find', async () => {
      setNone(false);
      const from = index + (backwards ? -1 : 1);
      const ask = (at: number) =>
        client.request('data/view-row', { task, part, index: at, search: { text: typed, backwards } });
      // From the other end where there is none further on.
      const found = (from < 0 ? null : await ask(from)) ?? (await ask(backwards ? Number.MAX_SAFE_INTEGER : 0));
      if (found) onFound(found);
      setNone(found === null);
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (typed !== '') find(false);
      }}
    >
      <Group gap="xs" align="end">
        <TextInput
          label={t`Text in the row`}
          data-testid="row-search"
          style={{ flex: '1 1 160px' }}
          value={typed}
          error={none ? t`No row holds it.` : undefined}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" variant="default" data-testid="row-find" disabled={typed === ''} loading={busy !== null}>
          {t`Find next`}
        </Button>
        <Button variant="default" disabled={typed === '' || busy !== null} onClick={() => find(true)}>
          {t`Find previous`}
        </Button>
      </Group>
      {error && <ErrorAlert error={error} />}
    </form>
  );
}

const SPECIAL = /^(\[[A-Z]+\]|<[^<>]+>)$/;
/** Tasks in which the loss counts some tokens only. */
const COUNTED: ReadonlySet<Task> = new Set(['token-classification', 'text-generation']);
/** A browser need not lay out a whole book. */
const SHOWN_TOKENS = 1000;

function RowView({ row, task }: { row: ViewedRow; task: Task }) {
  const { preview, where } = row;
  const isMuted = (place: number): boolean => COUNTED.has(task) && preview.targets?.[place] === null;
  return (
    <Paper withBorder p="xs" data-testid="token-preview">
      <div className={styles.tokens}>
        {numbered(preview.tokens.slice(0, SHOWN_TOKENS)).map(({ number, item: token }) => (
          <span
            key={number}
            className={styles.token}
            data-special={SPECIAL.test(token) || undefined}
            data-target={preview.targets?.[number - 1] ? true : undefined}
            data-muted={isMuted(number - 1) || undefined}
            title={[`id ${preview.ids[number - 1] ?? ''}`, preview.targets?.[number - 1]].filter(Boolean).join(', ')}
          >
            {token}
          </span>
        ))}
        {numbered(preview.cutTokens).map(({ number, item: token }) => (
          <s key={number} className={styles.token} data-cut title={t`cut off`}>
            {token}
          </s>
        ))}
      </div>
      <RowNotes preview={preview} where={where} muted={preview.tokens.some((_, i) => isMuted(i))} />
    </Paper>
  );
}

function RowNotes({ preview, where, muted }: { preview: TokenPreview; where: string; muted: boolean }) {
  const notes = [
    plural(preview.tokens.length, 'token'),
    t`label ${preview.label}`,
    ...(preview.truncated > 0 ? [t`${plural(preview.truncated, 'token')} cut off, struck through`] : []),
    ...(muted ? [t`pale tokens do not count in the loss`] : []),
  ];
  return (
    <Text size="xs" c="dimmed" mt={4} style={{ overflowWrap: 'anywhere' }}>
      <b data-testid="row-where">{where}</b> · {notes.join(' · ')}
    </Text>
  );
}

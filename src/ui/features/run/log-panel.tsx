// The log as HF keeps it, newest first; copied and downloaded whole.

import { Button, CopyButton, Group, Menu, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { LOG_FORMS, type LogForm, logFile } from '#client/log-files.ts';
import type { RunSnapshot } from '#client/run-store.ts';
import type { RunNotice } from '#protocol/messages.ts';
import type { LogEntry } from '#protocol/metrics.ts';
import { msg } from '#util/msg.ts';
import { downloadBlob } from '../../components/download.ts';
import { Icon } from '../../components/icon.tsx';
import { numbered } from '../../components/numbered.ts';
import { scrollable } from '../../components/scrollable.ts';
import { formatTime, plural } from '../../format.ts';
import { t, translate } from '../../language/translate.ts';
import { describeEntry } from './run-model.ts';

const SHOWN = 100;
const EVENT_COLORS = { info: '', warning: 'orange', error: 'red' } as const;

export function LogPanel({ snapshot }: { snapshot: RunSnapshot }) {
  const [limit, setLimit] = useState(SHOWN);
  const { log, logLength, summary } = snapshot;
  if (logLength === 0) return <Text c="dimmed">{t`Nothing was logged yet.`}</Text>;
  const toJson = (): string => JSON.stringify(log, null, 2);
  const shown = numbered(log.slice(0, logLength)).slice(-limit).reverse();
  return (
    <Stack gap="sm">
      <Group gap="xs" justify="space-between">
        <Text size="sm" c="dimmed">
          {plural(logLength, 'entry', 'entries')}
        </Text>
        <Group gap="xs">
          <LazyCopy read={toJson} />
          <DownloadMenu log={log} title={summary.name} />
        </Group>
      </Group>
      <Table.ScrollContainer minWidth={420} scrollAreaProps={scrollable(t`Log`)}>
        <Table fz="sm" striped className="numeric" aria-label={t`Log`}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={80}>{t`Step`}</Table.Th>
              <Table.Th w={80}>{t`Epoch`}</Table.Th>
              <Table.Th>{t`Values`}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map(({ number, item: entry }) => (
              <Table.Tr key={number} data-testid="log-row">
                <Table.Td>{entry.step}</Table.Td>
                <Table.Td>{entry.epoch.toFixed(3)}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{describeEntry(entry)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {limit < logLength && <Button variant="subtle" onClick={() => setLimit(limit * 4)}>{t`Show more`}</Button>}
      <Events notices={snapshot.notices} />
    </Stack>
  );
}

const FORM_LABELS: Readonly<Record<LogForm, string>> = {
  json: 'JSON',
  jsonl: msg`JSONL, an entry a line`,
  csv: msg`CSV, a column a value`,
  tensorboard: msg`TensorBoard event file`,
};

function DownloadMenu({ log, title }: { log: readonly LogEntry[]; title: string }) {
  const download = (form: LogForm): void => {
    const { name, content } = logFile(form, log, title, Date.now());
    downloadBlob(name, content);
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="save" size={14} />}
          data-testid="download-log"
        >{t`Download`}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {LOG_FORMS.map((form) => (
          <Menu.Item key={form} data-testid={`download-log-${form}`} onClick={() => download(form)}>
            {translate(FORM_LABELS[form])}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The text is made when it is wanted: a long log is megabytes of JSON. */
function LazyCopy({ read }: { read: () => string }) {
  const [text, setText] = useState('');
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="default"
          onPointerDown={() => setText(read())}
          onKeyDown={() => setText(read())}
          onClick={copy}
        >
          {copied ? t`Copied` : t`Copy JSON`}
        </Button>
      )}
    </CopyButton>
  );
}

function Events({ notices }: { notices: readonly RunNotice[] }) {
  if (notices.length === 0) return null;
  return (
    <Stack gap={4} component="section" aria-label={t`Events`} data-testid="events">
      <Title order={2} size="h5">{t`Events`}</Title>
      {notices.toReversed().map((notice) => (
        <Text key={`${notice.at} ${notice.message}`} size="sm" c={EVENT_COLORS[notice.level]}>
          <Text span c="dimmed" size="xs" className="numeric">{t`${formatTime(notice.at)} · step ${notice.step}`}</Text>{' '}
          {translate(notice.message)}
        </Text>
      ))}
    </Stack>
  );
}

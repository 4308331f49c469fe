// Shows the arguments as JSON, YAML, Python or a command line, to copy or download.

import { Button, Code, CopyButton, Group, Menu, Modal, SegmentedControl, Stack } from '@mantine/core';
import { useState } from 'react';
import { ARGUMENT_FORMATS, type ArgumentFormat } from '#protocol/argument-files/argument-format.ts';
import { writeArguments } from '#protocol/argument-files/write-arguments.ts';
import { downloadText } from '../../components/download.ts';
import { Icon } from '../../components/icon.tsx';
import { t, translate } from '../../language/translate.ts';
import { FORMATS } from './arguments-model.ts';

export function ArgumentExport({ effective }: { effective: Readonly<Record<string, unknown>> }) {
  const [opened, setOpened] = useState(false);
  const [format, setFormat] = useState<ArgumentFormat>('json');
  const [fields, setFields] = useState<'changed' | 'all'>('changed');
  const text = writeArguments(effective, fields, format);
  const { file, type } = FORMATS[format];
  const label = translate(FORMATS[format].label);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="save" size={14} />}
            data-testid="args-export"
          >{t`Export`}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {ARGUMENT_FORMATS.map((each) => (
            <Menu.Item
              key={each}
              data-testid={`args-export-${each}`}
              onClick={() => {
                setFormat(each);
                setOpened(true);
              }}
            >
              {translate(FORMATS[each].label)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t`Export training arguments: ${label}`} size="lg">
        <Stack gap="sm">
          <SegmentedControl
            aria-label={t`Which fields`}
            value={fields}
            onChange={(value) => setFields(value === 'all' ? 'all' : 'changed')}
            data={[
              { value: 'changed', label: t`Different from HuggingFace's` },
              { value: 'all', label: t`All fields` },
            ]}
          />
          <Code block mah={360} data-testid="args-export-text" tabIndex={0}>
            {text}
          </Code>
          <Group>
            <CopyButton value={text}>
              {({ copied, copy }) => <Button onClick={copy}>{copied ? t`Copied` : t`Copy`}</Button>}
            </CopyButton>
            <Button variant="default" onClick={() => downloadText(file, text, type)}>{t`Download ${file}`}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

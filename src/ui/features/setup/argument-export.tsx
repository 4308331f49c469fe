// Shows the arguments as HF-style JSON, to copy or download.

import { Button, Code, CopyButton, Group, Modal, SegmentedControl, Stack } from '@mantine/core';
import { useState } from 'react';
import { toHfJson } from '#protocol/training-arguments.ts';
import { downloadText } from '../../components/download.ts';
import { Icon } from '../../components/icon.tsx';

export function ArgumentExport({ effective }: { effective: Readonly<Record<string, unknown>> }) {
  const [opened, setOpened] = useState(false);
  const [fields, setFields] = useState<'changed' | 'all'>('changed');
  const json = toHfJson(effective, fields);
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon name="save" size={14} />}
        data-testid="args-export"
        onClick={() => setOpened(true)}
      >
        Export
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Export training arguments" size="lg">
        <Stack gap="sm">
          <SegmentedControl
            aria-label="Which fields"
            value={fields}
            onChange={(value) => setFields(value === 'all' ? 'all' : 'changed')}
            data={[
              { value: 'changed', label: "Different from HuggingFace's" },
              { value: 'all', label: 'All fields' },
            ]}
          />
          <Code block mah={360} data-testid="args-export-text" tabIndex={0}>
            {json}
          </Code>
          <Group>
            <CopyButton value={json}>
              {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
            </CopyButton>
            <Button variant="default" onClick={() => downloadText('training_args.json', json, 'application/json')}>
              Download training_args.json
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

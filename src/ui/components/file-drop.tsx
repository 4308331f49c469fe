// A place to drop files or a folder on, with buttons that open the pickers. Reports what it got with paths inside
// the dropped folder.

import { Button, Group, Text } from '@mantine/core';
import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import type { NamedFile } from '#protocol/messages.ts';
import { t } from '../language/translate.ts';
import { collectDropped, namedFiles } from './dropped-files.ts';
import styles from './file-drop.module.css';
import { Icon } from './icon.tsx';

interface FileDropProps {
  readonly label: string;
  readonly hint: ReactNode;
  readonly accept?: string;
  readonly multiple?: boolean;
  readonly testId: string;
  /** Gives a second picker, for a folder. */
  readonly folderTestId?: string;
  readonly compact?: boolean;
  readonly onFiles: (files: readonly NamedFile[]) => void;
  readonly onFail: (thrown: unknown) => void;
}

export function FileDrop(props: FileDropProps) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    collectDropped(event.dataTransfer).then((files) => files.length > 0 && props.onFiles(files), props.onFail);
  };
  return (
    <section
      className={styles.drop}
      data-over={over || undefined}
      data-compact={props.compact || undefined}
      aria-label={props.label}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Group justify="center" gap="xs">
        <Text fw={600} size="sm">
          {props.label}
        </Text>
        <Picker {...props} />
        {props.folderTestId !== undefined && <Picker {...props} testId={props.folderTestId} folder />}
      </Group>
      <Text size="xs" c="dimmed" mt={6} ta="center">
        {props.hint}
      </Text>
    </section>
  );
}

interface PickerProps extends FileDropProps {
  readonly folder?: boolean;
}

function Picker({ accept, multiple = false, testId, folder = false, label, onFiles }: PickerProps) {
  const input = useRef<HTMLInputElement>(null);
  const choose = (): void => {
    const files = namedFiles(input.current?.files ?? null);
    // Emptied, so that choosing the same file again is a change.
    if (input.current) input.current.value = '';
    if (files.length > 0) onFiles(files);
  };
  const attributes = folder ? { webkitdirectory: '' } : { accept, multiple };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        data-testid={testId}
        aria-label={`${label} (${folder ? t`folder` : t`files`})`}
        onChange={choose}
        {...attributes}
      />
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon name={folder ? 'folder' : 'upload'} size={14} />}
        onClick={() => input.current?.click()}
      >
        {folder ? t`Choose a folder` : multiple ? t`Choose files` : t`Choose a file`}
      </Button>
    </>
  );
}

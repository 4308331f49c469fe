// The input that fits an argument's type. Numbers are typed as text, so that 5e-5 can be written.

import { NativeSelect, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ArgumentSpec } from '#protocol/argument-spec.ts';
import { t, translate } from '../../language/translate.ts';
import { readNumber, writeNumber, writeValue } from './arguments-model.ts';

interface ArgumentInputProps {
  readonly id: string;
  readonly spec: ArgumentSpec;
  readonly value: unknown;
  readonly invalid: boolean;
  readonly onChange: (value: unknown) => void;
}

export function ArgumentInput(props: ArgumentInputProps) {
  const { spec, value } = props;
  if (spec.support === 'ignored') {
    return (
      <Text id={props.id} size="sm" c="dimmed" data-testid={props.id} style={{ overflowWrap: 'anywhere' }}>
        {writeValue(value)}
      </Text>
    );
  }
  if (spec.name === 'hub_token') {
    return (
      <Text
        id={props.id}
        size="sm"
        c="dimmed"
        data-testid={props.id}
      >{t`Asked for under Review, and kept in memory only.`}</Text>
    );
  }
  switch (spec.type) {
    case 'int':
    case 'float':
      return <NumberField {...props} />;
    case 'bool':
      return spec.nullable ? (
        <ChoiceField {...props} choices={['true', 'false']} read={(text) => text === 'true'} />
      ) : (
        <BoolField {...props} />
      );
    case 'enum':
      return <ChoiceField {...props} choices={spec.choices ?? []} read={(text) => text} />;
    case 'string':
      return (
        <LineField
          {...props}
          write={(given) => (typeof given === 'string' ? given : '')}
          read={(text) => (text === '' && spec.nullable ? null : text)}
        />
      );
    case 'stringList':
      return <LineField {...props} write={writeList} read={(text) => readList(text, spec.nullable)} />;
    case 'json':
      return <JsonField {...props} />;
    default:
      return spec.type satisfies never;
  }
}

function common({ id, spec, invalid }: ArgumentInputProps) {
  return { id, 'data-testid': id, error: invalid, 'aria-describedby': `${id}-help ${id}-issues`, name: spec.name };
}

/** Keeps what is typed as long as it means the value: "5e-" and "0.10" must not be rewritten under one's hands. */
function useText(value: unknown, write: (value: unknown) => string, read: (text: string) => unknown) {
  const [typed, setTyped] = useState(() => write(value));
  const shown = JSON.stringify(read(typed)) === JSON.stringify(value) ? typed : write(value);
  return [shown, setTyped] as const;
}

function NumberField(props: ArgumentInputProps) {
  const { spec, value, onChange } = props;
  const read = (text: string): unknown => readNumber(text, spec.nullable);
  const [text, setText] = useText(value, writeNumber, read);
  return (
    <TextInput
      {...common(props)}
      inputMode="decimal"
      autoComplete="off"
      className="numeric"
      placeholder={spec.nullable ? t`not set` : undefined}
      rightSection={
        spec.unit !== undefined && (
          <Text size="xs" c="dimmed" pr={8}>
            {translate(spec.unit)}
          </Text>
        )
      }
      rightSectionWidth={spec.unit === undefined ? 8 : 12 + spec.unit.length * 6.5}
      rightSectionPointerEvents="none"
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        onChange(read(currentTarget.value));
      }}
    />
  );
}

function BoolField(props: ArgumentInputProps) {
  const { error, ...attributes } = common(props);
  return (
    <Switch
      {...attributes}
      error={error}
      checked={props.value === true}
      onChange={({ currentTarget }) => props.onChange(currentTarget.checked)}
    />
  );
}

function ChoiceField(props: ArgumentInputProps & { choices: readonly string[]; read: (text: string) => unknown }) {
  const { spec, value, choices, read, onChange } = props;
  const current = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const unset = spec.nullable ? [{ value: '', label: t`not set` }] : [];
  // An imported value that is not available stays visible until another one is chosen.
  const foreign =
    current !== '' && !choices.includes(current) ? [{ value: current, label: t`${current} (not available)` }] : [];
  return (
    <NativeSelect
      {...common(props)}
      value={current}
      data={[...unset, ...foreign, ...choices.map((choice) => ({ value: choice, label: choice }))]}
      onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? null : read(currentTarget.value))}
    />
  );
}

function LineField(props: ArgumentInputProps & { write: (value: unknown) => string; read: (text: string) => unknown }) {
  const { spec, value, write, read, onChange } = props;
  const [text, setText] = useText(value, write, read);
  return (
    <TextInput
      {...common(props)}
      autoComplete="off"
      placeholder={spec.nullable ? t`not set` : undefined}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        onChange(read(currentTarget.value));
      }}
    />
  );
}

function writeList(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : writeNumber(value);
}

function readList(text: string, nullable: boolean): unknown {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  return items.length === 0 && nullable ? null : items;
}

function JsonField(props: ArgumentInputProps) {
  const [text, setText] = useText(props.value, writeJson, readJson);
  return (
    <Textarea
      {...common(props)}
      autosize
      minRows={1}
      placeholder={t`not set`}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        props.onChange(readJson(currentTarget.value));
      }}
    />
  );
}

const writeJson = (value: unknown): string => {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** Unfinished JSON stays text, which validation refuses. */
function readJson(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

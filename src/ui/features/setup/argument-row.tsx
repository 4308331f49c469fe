// One argument: its words and HF name, its input, its defaults, what is wrong with it.

import { ActionIcon, Badge, Code, Group, Text } from '@mantine/core';
import { memo } from 'react';
import type { ArgumentIssue, ArgumentSpec } from '#protocol/argument-spec.ts';
import { Icon } from '../../components/icon.tsx';
import { t, translate } from '../../language/translate.ts';
import { ArgumentInput } from './argument-input.tsx';
import { labelOf, writeValue } from './arguments-model.ts';
import styles from './setup.module.css';

interface ArgumentRowProps {
  readonly spec: ArgumentSpec;
  readonly value: unknown;
  readonly studioDefault: unknown;
  readonly changed: boolean;
  readonly issues: readonly ArgumentIssue[];
  readonly onChange: (value: unknown) => void;
}

const COLORS = { error: 'red', warning: 'orange', note: 'dimmed' } as const;

function Row({ spec, value, studioDefault, changed, issues, onChange }: ArgumentRowProps) {
  const id = `arg-${spec.name}`;
  const ownDefault = JSON.stringify(studioDefault) !== JSON.stringify(spec.default);
  return (
    <div className={styles.row} data-changed={changed || undefined}>
      <div>
        <Group gap={8}>
          <Text component="label" htmlFor={id} size="sm" fw={600}>
            {labelOf(spec)}
          </Text>
          <Code fz="xs">{spec.name}</Code>
        </Group>
        <Text size="xs" c="dimmed" id={`${id}-help`}>
          {translate(spec.help)}
          {spec.reason !== undefined && t` Ignored here: ${translate(spec.reason)}.`}
        </Text>
      </div>
      <div>
        <Group gap={4} wrap="nowrap" align="center">
          <div style={{ flex: 1, minWidth: 0 }}>
            <ArgumentInput
              id={id}
              spec={spec}
              value={value}
              invalid={issues.some((issue) => issue.level === 'error')}
              onChange={onChange}
            />
          </div>
          {changed && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t`Reset ${spec.name}`}
              onClick={() => onChange(studioDefault)}
            >
              <Icon name="reset" size={15} />
            </ActionIcon>
          )}
        </Group>
        <Group gap={4} mt={4}>
          {ownDefault && <DefaultChip name={t`Studio`} value={studioDefault} />}
          <DefaultChip name={ownDefault ? t`HF` : t`Default`} value={spec.default} />
        </Group>
        <div id={`${id}-issues`} aria-live="polite">
          {issues
            .filter((issue) => issue.level !== 'note')
            .map((issue) => (
              <Text key={issue.message} size="xs" c={COLORS[issue.level]} mt={4}>
                {translate(issue.message)} {issue.hint !== undefined && translate(issue.hint)}
              </Text>
            ))}
        </div>
      </div>
    </div>
  );
}

/** The change handler is made anew on every keystroke; rows whose values stay need not be drawn again for it. */
export const ArgumentRow = memo(Row, (before, after) => {
  return (
    before.spec === after.spec &&
    before.changed === after.changed &&
    JSON.stringify([before.value, before.studioDefault, before.issues]) ===
      JSON.stringify([after.value, after.studioDefault, after.issues])
  );
});

function DefaultChip({ name, value }: { name: string; value: unknown }) {
  return (
    <Badge variant="default" size="xs" tt="none" fw={400} maw={200}>
      {name}: {writeValue(value)}
    </Badge>
  );
}

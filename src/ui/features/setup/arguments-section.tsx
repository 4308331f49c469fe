// The training arguments as a form, made from the one table: level, search, changed only, import and export.

import { Button, Group, SegmentedControl, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import { useDeferredValue, useMemo, useState } from 'react';
import { ARGUMENT_GROUPS, type ArgumentIssue, type ArgumentSpec } from '#protocol/argument-spec.ts';
import { ARGUMENT_SPECS } from '#protocol/argument-specs.ts';
import type { ParsedArguments } from '#protocol/training-arguments.ts';
import { plural } from '../../format.ts';
import { t, translate } from '../../language/translate.ts';
import { ArgumentExport } from './argument-export.tsx';
import { ArgumentImport } from './argument-import.tsx';
import { ArgumentRow } from './argument-row.tsx';
import { changeArgument, defaultOf, filterSpecs } from './arguments-model.ts';
import { changeDraft } from './draft-actions.ts';
import type { SetupDraft } from './draft-store.ts';
import { LoraForm } from './lora-form.tsx';
import { issuesByField } from './setup-model.ts';
import { SetupSection } from './setup-section.tsx';

interface ArgumentsSectionProps {
  readonly draft: SetupDraft;
  readonly parsed: ParsedArguments;
  readonly effective: Readonly<Record<string, unknown>>;
}

export function ArgumentsSection({ draft, parsed, effective }: ArgumentsSectionProps) {
  const [query, setQuery] = useState('');
  const [level, setLevel] = useState<'basic' | 'all'>('basic');
  const [changedOnly, setChangedOnly] = useState(false);
  const { base, changes } = draft.arguments;
  const deferredQuery = useDeferredValue(query);
  const specs = filterSpecs({ query: deferredQuery, level, changedOnly }, changes);
  const issues = useMemo(() => issuesByField(parsed), [parsed]);
  const count = Object.keys(changes).length;
  return (
    <SetupSection
      title={t`Arguments`}
      status={parsed.ok ? 'done' : 'error'}
      summary={
        base === 'hf'
          ? t`${plural(count, 'change')} over HuggingFace's defaults`
          : t`${plural(count, 'change')} over the studio's defaults`
      }
    >
      <LoraForm draft={draft} />
      <Group gap="sm">
        <TextInput
          type="search"
          aria-label={t`Search arguments`}
          placeholder={t`Search names and words`}
          data-testid="args-search"
          value={query}
          onChange={({ currentTarget }) => setQuery(currentTarget.value)}
          style={{ flex: 1, minWidth: 180 }}
        />
        <SegmentedControl
          aria-label={t`Which arguments`}
          data-testid="args-level"
          value={level}
          onChange={(value) => setLevel(value === 'all' ? 'all' : 'basic')}
          data={[
            { value: 'basic', label: t`Basic` },
            { value: 'all', label: t`All ${ARGUMENT_SPECS.length}` },
          ]}
        />
        <Switch
          label={t`Changed only`}
          checked={changedOnly}
          onChange={({ currentTarget }) => setChangedOnly(currentTarget.checked)}
        />
      </Group>
      <Group gap="xs">
        <ArgumentImport />
        <ArgumentExport effective={effective} />
        {(count > 0 || base === 'hf') && (
          <Button
            size="xs"
            variant="subtle"
            data-testid="args-reset"
            onClick={() => changeDraft({ arguments: { base: 'studio', changes: {} } })}
          >{t`Back to the studio's defaults`}</Button>
        )}
      </Group>
      <UnknownFields issues={issues} changes={changes} />
      <Groups specs={specs} draft={draft} effective={effective} issues={issues} />
      {specs.length === 0 && (
        <Text size="sm" c="dimmed">
          {changedOnly && query === '' ? t`Nothing was changed.` : t`No argument matches.`}
        </Text>
      )}
    </SetupSection>
  );
}

interface GroupsProps {
  readonly specs: readonly ArgumentSpec[];
  readonly draft: SetupDraft;
  readonly effective: Readonly<Record<string, unknown>>;
  readonly issues: ReadonlyMap<string, readonly ArgumentIssue[]>;
}

function Groups({ specs, draft, effective, issues }: GroupsProps) {
  const { arguments: args, sampleModel } = draft;
  return ARGUMENT_GROUPS.map((group) => {
    const members = specs.filter((spec) => spec.group === group);
    if (members.length === 0) return null;
    return (
      <Stack key={group} gap={0}>
        <Title order={3} size="h5">
          {translate(group)}
        </Title>
        <div>
          {members.map((spec) => (
            <ArgumentRow
              key={spec.name}
              spec={spec}
              value={Object.hasOwn(effective, spec.name) ? effective[spec.name] : spec.default}
              studioDefault={defaultOf(spec, args.base, sampleModel)}
              changed={Object.hasOwn(args.changes, spec.name)}
              issues={issues.get(spec.name) ?? []}
              onChange={(value) => changeDraft({ arguments: changeArgument(args, spec, value, sampleModel) })}
            />
          ))}
        </div>
      </Stack>
    );
  });
}

/** Imported fields that have no row still deserve a word. */
function UnknownFields({
  issues,
  changes,
}: {
  issues: GroupsProps['issues'];
  changes: Readonly<Record<string, unknown>>;
}) {
  const rows = new Set(filterSpecs({ query: '', level: 'all', changedOnly: false }, {}).map((spec) => spec.name));
  const names = Object.keys(changes).filter((name) => !rows.has(name) && issues.has(name));
  if (names.length === 0) return null;
  return <Text size="sm" c="dimmed">{t`Kept, but without effect here: ${names.join(', ')}.`}</Text>;
}

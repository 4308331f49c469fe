// The training arguments as a form, made from the one table: level, search, changed only, import and export.

import {
  Button,
  Group,
  Menu,
  NumberInput,
  SegmentedControl,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
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
import { PRESETS } from './presets.ts';
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
      <EarlyStopping draft={draft} />
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
        <PresetMenu />
        <ArgumentImport draft={draft} />
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

/** What a preset changes takes the place of all changes. */
function PresetMenu() {
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <Button size="xs" variant="default" data-testid="presets">{t`Presets`}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {PRESETS.map(({ id, label, description, changes }) => (
          <Menu.Item
            key={id}
            data-testid={`preset-${id}`}
            onClick={() => changeDraft({ arguments: { base: 'studio', changes } })}
          >
            <Text size="sm" fw={600}>
              {translate(label)}
            </Text>
            <Text size="xs" c="dimmed">
              {translate(description)}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** HF's EarlyStoppingCallback: no argument of the Trainer, but of the run. */
function EarlyStopping({ draft: { earlyStopping } }: { draft: SetupDraft }) {
  return (
    <Group gap="sm" align="flex-end">
      <NumberInput
        label={t`Stop early: patience`}
        description={t`Evaluations without improvement of the metric for the best model; empty: never`}
        data-testid="early-stopping"
        style={{ flex: 1, minWidth: 220 }}
        min={1}
        allowDecimal={false}
        placeholder={t`never`}
        value={earlyStopping?.patience ?? ''}
        onChange={(value) =>
          changeDraft({
            earlyStopping:
              typeof value === 'number' && value >= 1
                ? { patience: value, threshold: earlyStopping?.threshold ?? 0 }
                : null,
          })
        }
      />
      {earlyStopping && (
        <NumberInput
          label={t`Threshold`}
          description={t`smaller ones do not count`}
          w={180}
          min={0}
          step={0.001}
          value={earlyStopping.threshold}
          onChange={(value) =>
            typeof value === 'number' && changeDraft({ earlyStopping: { ...earlyStopping, threshold: value } })
          }
        />
      )}
    </Group>
  );
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

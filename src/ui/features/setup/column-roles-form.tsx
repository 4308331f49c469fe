// What the run trains for, which columns it reads, and what else the task asks.

import { Checkbox, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from '@mantine/core';
import type { DataSummary } from '#protocol/messages.ts';
import { OPTIONS_OF_TASK, type TaskOptions } from '#protocol/task-options.ts';
import { ROW_FORMS, type Role, type RoleSpec } from '#protocol/task-roles.ts';
import { isTask, TASKS, type Task } from '#util/task.ts';
import { readyValue } from '../../hooks/loadable.ts';
import { changeDraft, chooseColumn, chooseTask } from './draft-actions.ts';
import { optionsOf, rolesOf, type SetupDraft, taskOf } from './draft-store.ts';
import { ROLE_NAMES, TASK_NAMES } from './role-names.ts';

const TEST_IDS: Readonly<Record<Role, string>> = {
  text: 'column-text',
  textPair: 'column-text-pair',
  label: 'column-label',
  question: 'column-question',
  context: 'column-context',
  answers: 'column-answers',
  prompt: 'column-prompt',
  completion: 'column-completion',
  messages: 'column-messages',
};

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function ColumnRolesForm({ draft, data }: { draft: SetupDraft; data: DataSummary }) {
  const task = taskOf(draft);
  const roles = rolesOf(draft);
  const columns = data.columns.map(({ name }) => ({ value: name, label: name }));
  return (
    <Stack gap="sm">
      <TaskSelect task={task} able={readyValue(draft.model)?.tasks ?? TASKS} />
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        {specsOf(task).map(({ role, required, holds }) => (
          <NativeSelect
            key={role}
            label={upperFirst(ROLE_NAMES[role])}
            description={holds}
            data-testid={TEST_IDS[role]}
            value={roles[role] ?? ''}
            data={[{ value: '', label: required ? 'Choose a column' : 'None' }, ...columns]}
            onChange={({ currentTarget }) => chooseColumn(role, currentTarget.value || null)}
          />
        ))}
      </SimpleGrid>
      <OptionsForm task={task} draft={draft} />
    </Stack>
  );
}

/** Columns of all forms of rows: where there are several, each is a choice. */
function specsOf(task: Task): RoleSpec[] {
  const forms = ROW_FORMS[task];
  return forms.flat().map((spec) => (forms.length > 1 ? { ...spec, required: false } : spec));
}

function TaskSelect({ task, able }: { task: Task; able: readonly Task[] }) {
  return (
    <NativeSelect
      label="What to train for"
      data-testid="task"
      value={task}
      data={TASKS.map((each) => ({
        value: each,
        label: able.includes(each) ? TASK_NAMES[each] : `${TASK_NAMES[each]} (not with this model)`,
        disabled: !able.includes(each),
      }))}
      onChange={({ currentTarget }) => isTask(currentTarget.value) && chooseTask(currentTarget.value)}
    />
  );
}

function OptionsForm({ task, draft }: { task: Task; draft: SetupDraft }) {
  const options = optionsOf(draft);
  const change = (changed: Partial<TaskOptions>): void => changeDraft({ options: { ...draft.options, ...changed } });
  const shown = OPTIONS_OF_TASK[task];
  if (shown.length === 0) return null;
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      {shown.includes('docStride') && (
        <NumberInput
          label="Shared by windows"
          description="tokens that two windows of a long context share"
          data-testid="doc-stride"
          value={options.docStride}
          min={0}
          allowDecimal={false}
          onChange={(value) => typeof value === 'number' && change({ docStride: value })}
        />
      )}
      {shown.includes('mlmProbability') && (
        <NumberInput
          label="Hidden"
          description="share of the tokens"
          data-testid="mlm-probability"
          value={Math.round(options.mlmProbability * 100)}
          suffix=" %"
          min={1}
          max={99}
          allowDecimal={false}
          onChange={(value) => typeof value === 'number' && change({ mlmProbability: value / 100 })}
        />
      )}
      {shown.includes('wholeWordMask') && (
        <Checkbox
          mt="lg"
          label="Hide whole words"
          data-testid="whole-word-mask"
          checked={options.wholeWordMask}
          onChange={({ currentTarget }) => change({ wholeWordMask: currentTarget.checked })}
        />
      )}
      {shown.includes('packing') && (
        <Checkbox
          mt="lg"
          label="Several short examples in one row"
          data-testid="packing"
          checked={options.packing}
          onChange={({ currentTarget }) => change({ packing: currentTarget.checked })}
        />
      )}
      {shown.includes('samplePrompt') && (
        <TextInput
          label="Sample"
          description="goes on from this after each evaluation"
          data-testid="sample-prompt"
          value={options.samplePrompt}
          onChange={({ currentTarget }) => change({ samplePrompt: currentTarget.value })}
        />
      )}
    </SimpleGrid>
  );
}

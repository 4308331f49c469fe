// What the run trains for, and what the task asks besides its columns, which are chosen in the preview.

import { Checkbox, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { OPTIONS_OF_TASK, type TaskOptions } from '#protocol/task-options.ts';
import { isTask, TASKS, type Task } from '#util/task.ts';
import { readyValue } from '../../hooks/loadable.ts';
import { t, translate } from '../../language/translate.ts';
import { changeDraft, chooseTask } from './draft-actions.ts';
import { optionsOf, type SetupDraft, taskOf } from './draft-store.ts';
import { TASK_NAMES } from './role-names.ts';

export function TaskForm({ draft }: { draft: SetupDraft }) {
  const task = taskOf(draft);
  return (
    <Stack gap="sm">
      <TaskSelect task={task} able={readyValue(draft.model)?.tasks ?? TASKS} />
      <OptionsForm task={task} draft={draft} />
    </Stack>
  );
}

function TaskSelect({ task, able }: { task: Task; able: readonly Task[] }) {
  return (
    <NativeSelect
      label={t`What to train for`}
      data-testid="task"
      value={task}
      data={TASKS.map((each) => ({
        value: each,
        label: able.includes(each)
          ? translate(TASK_NAMES[each])
          : t`${translate(TASK_NAMES[each])} (not with this model)`,
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
          label={t`Shared by windows`}
          description={t`tokens that two windows of a long context share`}
          data-testid="doc-stride"
          value={options.docStride}
          min={0}
          allowDecimal={false}
          onChange={(value) => typeof value === 'number' && change({ docStride: value })}
        />
      )}
      {shown.includes('mlmProbability') && (
        <NumberInput
          label={t`Hidden`}
          description={t`share of the tokens`}
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
          label={t`Hide whole words`}
          data-testid="whole-word-mask"
          checked={options.wholeWordMask}
          onChange={({ currentTarget }) => change({ wholeWordMask: currentTarget.checked })}
        />
      )}
      {shown.includes('packing') && (
        <Checkbox
          mt="lg"
          label={t`Several short examples in one row`}
          data-testid="packing"
          checked={options.packing}
          onChange={({ currentTarget }) => change({ packing: currentTarget.checked })}
        />
      )}
      {shown.includes('samplePrompt') && (
        <TextInput
          label={t`Sample`}
          description={t`goes on from this after each evaluation`}
          data-testid="sample-prompt"
          value={options.samplePrompt}
          onChange={({ currentTarget }) => change({ samplePrompt: currentTarget.value })}
        />
      )}
    </SimpleGrid>
  );
}

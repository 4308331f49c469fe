import { describe, expect, it } from 'vitest';
import type { DataId, ModelId } from '#protocol/ids.ts';
import type { DataExamination, DataSummary, ModelSummary } from '#protocol/messages.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import { createDraftStore, rolesOf, type SetupDraft, taskOf } from '#ui/features/setup/draft-store.ts';
import { sortFiles } from '#ui/features/setup/file-sorting.ts';
import {
  describeMemory,
  describePlan,
  findBlockers,
  type Readiness,
  suggestName,
  toRunSetup,
  toTask,
} from '#ui/features/setup/setup-model.ts';
import { EMPTY } from '#ui/hooks/loadable.ts';
import { StudioError } from '#util/studio-error.ts';
import { PLAN } from './plan.ts';

const MODEL = {
  modelId: 'm' as ModelId,
  name: 'tiny bert',
  maxPositions: 128,
  tasks: ['text-classification', 'token-classification', 'fill-mask'],
} as unknown as ModelSummary;
const column = (name: string) =>
  ({ name, kind: 'text', distinct: 1, empty: 0, topValues: [], meanCharacters: 1 }) as const;
const DATA = {
  dataId: 'd' as DataId,
  name: 'my rows.csv',
  columns: [column('text'), column('second'), column('label')],
  format: 'csv',
} as unknown as DataSummary;
const EXAMINED = { validationRows: 10 } as DataExamination;
function memoryStorage() {
  const items = new Map<string, string>();
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  };
}

const DRAFT: SetupDraft = {
  ...createDraftStore(memoryStorage).getState(),
  model: { status: 'ready', value: MODEL },
  data: { status: 'ready', value: DATA },
};

const READY: Readiness = {
  draft: DRAFT,
  examination: { status: 'ready', value: EXAMINED },
  parsed: parseTrainingArguments({ eval_strategy: 'epoch' }),
  plan: { status: 'ready', value: PLAN },
  hasHubToken: false,
  active: null,
};

describe('what stands in the way of Start', () => {
  it('is nothing when all is chosen', () => {
    expect(findBlockers(READY)).toEqual([]);
  });

  it('is a missing access token, with push_to_hub only', () => {
    const parsed = parseTrainingArguments({ push_to_hub: true });
    expect(findBlockers({ ...READY, parsed })).toEqual([expect.stringContaining('access token')]);
    expect(findBlockers({ ...READY, parsed, hasHubToken: true })).toEqual([]);
  });

  it.each<[string, Partial<SetupDraft>, string]>([
    ['no model', { model: EMPTY }, 'Choose a model.'],
    ['no data', { data: EMPTY }, 'Choose training data.'],
    ['no label', { rolesByHand: true, roles: { text: 'text' } }, 'Choose the label column.'],
    [
      'one column twice',
      { rolesByHand: true, roles: { text: 'text', textPair: 'text', label: 'label' } },
      'One column is chosen for two purposes.',
    ],
    ['too long', { maxLength: 129 }, "The maximum length must be between 1 and 128, the model's limit."],
  ])('is told: %s', (_, change, text) => {
    expect(findBlockers({ ...READY, draft: { ...DRAFT, ...change } })).toEqual([text]);
  });

  it('is what is wrong with arguments and data', () => {
    expect(findBlockers({ ...READY, parsed: parseTrainingArguments({ seed: -1, fp16: 2 }) })).toHaveLength(2);
    const error = new StudioError('E-DATA-LABEL', 'There is only one label.');
    expect(findBlockers({ ...READY, examination: { status: 'failed', error } })).toEqual(['There is only one label.']);
    expect(findBlockers({ ...READY, plan: { status: 'failed', error } })).toEqual(['There is only one label.']);
  });

  it('is the lack of rows to evaluate on', () => {
    const examination = { status: 'ready', value: { ...EXAMINED, validationRows: 0 } } as const;
    expect(findBlockers({ ...READY, examination })[0]).toContain('no validation rows');
    expect(findBlockers({ ...READY, examination, parsed: parseTrainingArguments({}) })).toEqual([]);
  });
});

describe('the task and the run', () => {
  it('need a model, data and two columns', () => {
    expect(toTask(DRAFT)).toEqual({
      modelId: 'm',
      dataId: 'd',
      task: 'text-classification',
      options: { ...DEFAULT_TASK_OPTIONS, docStride: 42 },
      peft: null,
      roles: { text: 'text', label: 'label' },
      validationFraction: 0.1,
      splitSeed: 42,
      maxLength: 128,
    });
    expect(toTask({ ...DRAFT, rolesByHand: true, roles: {} })).toBeNull();
    expect(toTask({ ...DRAFT, maxLength: 500 })).toBeNull();
  });

  it('get a name from the model and the data', () => {
    expect(suggestName(DRAFT)).toBe('tiny-bert-my-rows');
    const task = toTask(DRAFT)!;
    expect(toRunSetup(task, DRAFT, { seed: 1 })).toEqual({
      ...task,
      name: 'tiny-bert-my-rows',
      trainingArguments: { seed: 1 },
      earlyStopping: null,
    });
    expect(toRunSetup(task, { ...DRAFT, name: ' mine ' }, {}).name).toBe('mine');
  });

  it('are told in a sentence', () => {
    expect(describePlan(PLAN)).toBe('3 epochs × 90 steps = 270 steps, 3 evaluations, 1 checkpoint of 34.0 MB');
    expect(describePlan({ ...PLAN, maxSteps: 200, saves: 0 })).toBe(
      '200 steps (90 an epoch), 3 evaluations, 0 checkpoints',
    );
  });
});

describe('memory', () => {
  it('is told with what takes most first', () => {
    const sizes = { weights: 10e6, gradients: 10e6, optimizer: 20e6, activations: 0, logits: 0 };
    const plan = { ...sizes, training: 40e6, evaluation: 0, checkpoint: 45e6, peak: 45e6 };
    expect(describeMemory(plan)).toBe(
      'About 45.0 MB of GPU memory at most: optimizer 20.0 MB, weights 10.0 MB, gradients 10.0 MB.',
    );
  });
});

describe('roles', () => {
  it('are guessed, and kept where the columns are the same', () => {
    expect(rolesOf(DRAFT)).toEqual({ text: 'text', label: 'label' });
    const chosen = { text: 'second', textPair: 'gone', label: 'label' };
    expect(rolesOf({ ...DRAFT, roles: chosen })).toEqual({ text: 'second', label: 'label' });
    expect(rolesOf({ ...DRAFT, roles: { ...chosen, label: 'gone' } })).toEqual({ text: 'text', label: 'label' });
    expect(rolesOf({ ...DRAFT, rolesByHand: true, roles: { text: 'second' } })).toEqual({ text: 'second' });
  });
});

describe('the task', () => {
  const data = (format: string, ...names: string[]) =>
    ({ status: 'ready', value: { ...DATA, format, columns: names.map(column) } }) as SetupDraft['data'];

  it('is what the data speaks for, as far as the model can be trained for it', () => {
    expect(taskOf(DRAFT)).toBe('text-classification');
    expect(taskOf({ ...DRAFT, data: data('conll', 'tokens', 'tags') })).toBe('token-classification');
    expect(taskOf({ ...DRAFT, data: data('txt', 'text') })).toBe('fill-mask');
    expect(taskOf({ ...DRAFT, data: data('jsonl', 'question', 'context', 'answers') })).toBe('text-classification');
  });

  it('is the chosen one, where the model has it', () => {
    expect(taskOf({ ...DRAFT, task: 'fill-mask' })).toBe('fill-mask');
    expect(taskOf({ ...DRAFT, task: 'text-generation' })).toBe('text-classification');
  });
});

describe('the draft', () => {
  it('survives a reload without what was opened', () => {
    const storage = memoryStorage();
    createDraftStore(() => storage).setState({
      name: 'mine',
      arguments: { base: 'hf', changes: { seed: 7 } },
      sampleModel: true,
      model: { status: 'ready', value: MODEL },
      focusStart: true,
    });
    expect(createDraftStore(() => storage).getState()).toMatchObject({
      name: 'mine',
      arguments: { base: 'hf', changes: { seed: 7 } },
      sampleModel: true,
      model: { status: 'empty' },
      focusStart: false,
    });
  });
});

describe('sortFiles', () => {
  const sort = (...paths: string[]) => {
    const { model, train, validation } = sortFiles(paths.map((path) => ({ path, file: new Blob() })));
    return [model, train, validation].map((files) => files.map((file) => file.path));
  };

  it('tells models from data', () => {
    expect(sort('bert/config.json', 'bert/model.safetensors', 'bert/vocab.txt', 'rows.csv')).toEqual([
      ['bert/config.json', 'bert/model.safetensors', 'bert/vocab.txt'],
      ['rows.csv'],
      [],
    ]);
    expect(sort('bert.zip')).toEqual([['bert.zip'], [], []]);
    expect(sort('rows.json')).toEqual([[], ['rows.json'], []]);
    expect(sort('notes.pdf')).toEqual([[], [], []]);
  });

  it('takes a second file for validation', () => {
    expect(sort('valid.csv', 'train.csv')).toEqual([[], ['train.csv'], ['valid.csv']]);
    expect(sort('test.tsv')).toEqual([[], ['test.tsv'], []]);
  });

  it('takes the shards of a split together', () => {
    const [first, second] = ['d/train-00000-of-00002.csv', 'd/train-00001-of-00002.csv'] as const;
    expect(sort(second, 'd/test-00000-of-00001.csv', first)).toEqual([
      [],
      [first, second],
      ['d/test-00000-of-00001.csv'],
    ]);
    expect(sort('test-00000-of-00002.csv', 'test-00001-of-00002.csv')).toEqual([
      [],
      ['test-00000-of-00002.csv', 'test-00001-of-00002.csv'],
      [],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { DataId, ModelId } from '#protocol/ids.ts';
import type { DataExamination, DataSummary, ModelSummary, RunPlan } from '#protocol/messages.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import { createDraftStore, NO_ROLES, rolesFor, type SetupDraft, toRoles } from '#ui/features/setup/draft-store.ts';
import { sortFiles } from '#ui/features/setup/file-sorting.ts';
import {
  describePlan,
  findBlockers,
  type Readiness,
  suggestName,
  toRunSetup,
  toTask,
} from '#ui/features/setup/setup-model.ts';
import { EMPTY } from '#ui/hooks/loadable.ts';
import { StudioError } from '#util/studio-error.ts';

const MODEL = { modelId: 'm' as ModelId, name: 'tiny bert', maxPositions: 128 } as ModelSummary;
const column = (name: string) =>
  ({ name, kind: 'text', distinct: 1, empty: 0, topValues: [], meanCharacters: 1 }) as const;
const DATA = {
  dataId: 'd' as DataId,
  name: 'my rows.csv',
  columns: [column('text'), column('second'), column('label')],
  guess: { text: 'text', label: 'label' },
} as unknown as DataSummary;
const EXAMINED = { validationRows: 10 } as DataExamination;
const PLAN: RunPlan = {
  maxSteps: 270,
  stepsPerEpoch: 90,
  numTrainEpochs: 3,
  warmupSteps: 27,
  evaluations: 3,
  saves: 1,
  checkpointBytes: 34_000_000,
  warnings: [],
};

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
  roles: { text: 'text', textPair: null, label: 'label' },
};

const READY: Readiness = {
  draft: DRAFT,
  examination: { status: 'ready', value: EXAMINED },
  parsed: parseTrainingArguments({ eval_strategy: 'epoch' }),
  plan: { status: 'ready', value: PLAN },
  active: null,
};

describe('what stands in the way of Start', () => {
  it('is nothing when all is chosen', () => {
    expect(findBlockers(READY)).toEqual([]);
  });

  it.each<[string, Partial<SetupDraft>, string]>([
    ['no model', { model: EMPTY }, 'Choose a model.'],
    ['no data', { data: EMPTY }, 'Choose training data.'],
    ['no label', { roles: { text: 'text', textPair: null, label: null } }, 'Choose the label column.'],
    [
      'one column twice',
      { roles: { text: 'text', textPair: 'text', label: 'label' } },
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
      roles: { text: 'text', label: 'label' },
      validationFraction: 0.1,
      splitSeed: 42,
      maxLength: 128,
    });
    expect(toTask({ ...DRAFT, roles: NO_ROLES })).toBeNull();
    expect(toTask({ ...DRAFT, maxLength: 500 })).toBeNull();
  });

  it('get a name from the model and the data', () => {
    expect(suggestName(DRAFT)).toBe('tiny-bert-my-rows');
    const task = toTask(DRAFT)!;
    expect(toRunSetup(task, DRAFT, { seed: 1 })).toEqual({
      ...task,
      name: 'tiny-bert-my-rows',
      trainingArguments: { seed: 1 },
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

describe('roles', () => {
  it('are guessed, and kept where the columns are the same', () => {
    expect(rolesFor(DATA, NO_ROLES)).toEqual({ text: 'text', textPair: null, label: 'label' });
    const chosen = { text: 'second', textPair: 'gone', label: 'label' };
    expect(rolesFor(DATA, chosen)).toEqual({ text: 'second', textPair: null, label: 'label' });
    expect(rolesFor(DATA, { ...chosen, label: 'gone' })).toEqual({ text: 'text', textPair: null, label: 'label' });
    expect(rolesFor({ ...DATA, guess: null }, NO_ROLES)).toEqual(NO_ROLES);
    expect(toRoles(chosen)).toEqual(chosen);
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
    return [model.map((file) => file.path), train?.path ?? null, validation?.path ?? null];
  };

  it('tells models from data', () => {
    expect(sort('bert/config.json', 'bert/model.safetensors', 'bert/vocab.txt', 'rows.csv')).toEqual([
      ['bert/config.json', 'bert/model.safetensors', 'bert/vocab.txt'],
      'rows.csv',
      null,
    ]);
    expect(sort('bert.zip')).toEqual([['bert.zip'], null, null]);
    expect(sort('rows.json')).toEqual([[], 'rows.json', null]);
    expect(sort('notes.pdf')).toEqual([[], null, null]);
  });

  it('takes a second file for validation', () => {
    expect(sort('valid.csv', 'train.csv')).toEqual([[], 'train.csv', 'valid.csv']);
    expect(sort('test.tsv')).toEqual([[], 'test.tsv', null]);
  });
});

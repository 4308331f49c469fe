// The run being set up. Settings survive a reload (localStorage); opened files can not, the sample is opened again.

import { createJSONStorage, persist, type StateStorage } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';
import { chooseTask, guessTask, keepRoles } from '#protocol/guess-task.ts';
import type { LoraConfig } from '#protocol/lora-config.ts';
import type { DataSource, DataSummary, EarlyStopping, LeftOut, ModelSummary } from '#protocol/messages.ts';
import { DEFAULT_TASK_OPTIONS, type TaskOptions } from '#protocol/task-options.ts';
import { type ColumnRoles, formOf } from '#protocol/task-roles.ts';
import type { Task } from '#util/task.ts';
import { EMPTY, type Loadable, readyValue } from '../../hooks/loadable.ts';
import type { ArgumentDraft } from './arguments-model.ts';

export interface SetupDraft {
  /** Empty: the suggested name is used. */
  readonly name: string;
  readonly arguments: ArgumentDraft;
  /** Chosen by hand; null: told from the data and the model. See `taskOf`. */
  readonly task: Task | null;
  /** Chosen by hand; the others are guessed. See `rolesOf`. */
  readonly roles: ColumnRoles;
  /** Since the file was opened: nothing is guessed any more. */
  readonly rolesByHand: boolean;
  /** Those set by hand. See `optionsOf`. */
  readonly options: Partial<TaskOptions>;
  /** Train an adapter; null: all weights. */
  readonly peft: LoraConfig | null;
  /** Null: the run goes to its end. */
  readonly earlyStopping: EarlyStopping | null;
  readonly validationFraction: number;
  readonly splitSeed: number;
  /** Hold out the same share of every label. */
  readonly stratify: boolean;
  /** Rows that are not used. */
  readonly leaveOut: readonly LeftOut[];
  /** Columns that are called otherwise in the validation file. */
  readonly validationRoles: ColumnRoles;
  readonly maxLength: number;
  readonly sampleModel: boolean;
  readonly sampleData: boolean;
  readonly model: Loadable<ModelSummary>;
  readonly data: Loadable<DataSummary>;
  /** What was opened last, to be read again in another way. */
  readonly dataSource: DataSource | null;
  /** Start takes the focus as soon as it can be pressed. */
  readonly focusStart: boolean;
}

const INITIAL: SetupDraft = {
  name: '',
  arguments: { base: 'studio', changes: {} },
  task: null,
  roles: {},
  rolesByHand: false,
  options: {},
  peft: null,
  earlyStopping: null,
  validationFraction: 0.1,
  splitSeed: 42,
  stratify: false,
  leaveOut: [],
  validationRoles: {},
  maxLength: 128,
  sampleModel: false,
  sampleData: false,
  model: EMPTY,
  data: EMPTY,
  dataSource: null,
  focusStart: false,
};

const DRAFT_KEY = 'atelier-setup';

const KEPT = [
  'name',
  'arguments',
  'task',
  'roles',
  'options',
  'peft',
  'earlyStopping',
  'validationFraction',
  'splitSeed',
  'stratify',
  'maxLength',
  'sampleModel',
  'sampleData',
] as const satisfies readonly (keyof SetupDraft)[];
type Kept = Pick<SetupDraft, (typeof KEPT)[number]>;

const kept = (draft: SetupDraft): Kept =>
  Object.fromEntries(KEPT.map((name) => [name, draft[name]])) as unknown as Kept;

export function createDraftStore(storage: () => StateStorage) {
  return createStore<SetupDraft>()(
    persist(() => INITIAL, {
      name: DRAFT_KEY,
      version: 3,
      // What later versions added is as in a new draft.
      migrate: (stored) => ({ ...kept(INITIAL), ...(stored as Partial<Kept>) }),
      storage: createJSONStorage<Kept>(storage),
      partialize: kept,
    }),
  );
}

/** What the run will train for. */
export function taskOf({ task, model, data }: Pick<SetupDraft, 'task' | 'model' | 'data'>): Task {
  const opened = readyValue(data);
  return chooseTask(task, readyValue(model)?.tasks ?? [], opened ? guessTask(opened) : null);
}

/** The columns it will use: those chosen, where the file has them, else those that are guessed. */
export function rolesOf(draft: SetupDraft): ColumnRoles {
  const data = readyValue(draft.data);
  if (!data) return draft.roles;
  const task = taskOf(draft);
  return draft.rolesByHand ? draft.roles : keepRoles(task, draft.roles, data.columns);
}

/** Whether the columns make up rows of the task. */
export const hasRoles = (draft: SetupDraft): boolean => formOf(taskOf(draft), rolesOf(draft)) !== undefined;

/** The task's options: HF's, with windows that share a third of the longest input where HF's 128 would leave no room. */
export function optionsOf({ options, maxLength }: Pick<SetupDraft, 'options' | 'maxLength'>): TaskOptions {
  const docStride = Math.min(DEFAULT_TASK_OPTIONS.docStride, Math.floor(maxLength / 3));
  return { ...DEFAULT_TASK_OPTIONS, docStride, ...options };
}

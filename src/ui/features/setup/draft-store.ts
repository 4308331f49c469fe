// The run being set up. Settings survive a reload (localStorage); opened files can not, the sample is opened again.

import { createJSONStorage, persist, type StateStorage } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';
import type { ColumnRoles, DataSummary, ModelSummary, NamedFile } from '#protocol/messages.ts';
import { EMPTY, type Loadable } from '../../hooks/loadable.ts';
import type { ArgumentDraft } from './arguments-model.ts';

export interface DraftRoles {
  readonly text: string | null;
  readonly textPair: string | null;
  readonly label: string | null;
}

export interface SetupDraft {
  /** Empty: the suggested name is used. */
  readonly name: string;
  readonly arguments: ArgumentDraft;
  readonly roles: DraftRoles;
  readonly validationFraction: number;
  readonly splitSeed: number;
  readonly maxLength: number;
  readonly sampleModel: boolean;
  readonly sampleData: boolean;
  readonly model: Loadable<ModelSummary>;
  readonly data: Loadable<DataSummary>;
  readonly trainFile: NamedFile | null;
  readonly validationFile: NamedFile | null;
  /** Start takes the focus as soon as it can be pressed. */
  readonly focusStart: boolean;
}

export const NO_ROLES: DraftRoles = { text: null, textPair: null, label: null };

const INITIAL: SetupDraft = {
  name: '',
  arguments: { base: 'studio', changes: {} },
  roles: NO_ROLES,
  validationFraction: 0.1,
  splitSeed: 42,
  maxLength: 128,
  sampleModel: false,
  sampleData: false,
  model: EMPTY,
  data: EMPTY,
  trainFile: null,
  validationFile: null,
  focusStart: false,
};

const DRAFT_KEY = 'atelier-setup';

type Kept = Pick<
  SetupDraft,
  'name' | 'arguments' | 'roles' | 'validationFraction' | 'splitSeed' | 'maxLength' | 'sampleModel' | 'sampleData'
>;

function kept(draft: SetupDraft): Kept {
  const { name, arguments: args, roles, validationFraction, splitSeed, maxLength, sampleModel, sampleData } = draft;
  return { name, arguments: args, roles, validationFraction, splitSeed, maxLength, sampleModel, sampleData };
}

export function createDraftStore(storage: () => StateStorage) {
  return createStore<SetupDraft>()(
    persist(() => INITIAL, {
      name: DRAFT_KEY,
      version: 1,
      storage: createJSONStorage<Kept>(storage),
      partialize: kept,
    }),
  );
}

/** Keeps roles whose columns are there, and guesses the rest. */
export function rolesFor(data: DataSummary, former: DraftRoles): DraftRoles {
  const names = new Set(data.columns.map((column) => column.name));
  const fits = former.text !== null && names.has(former.text) && former.label !== null && names.has(former.label);
  if (fits)
    return { ...former, textPair: former.textPair !== null && names.has(former.textPair) ? former.textPair : null };
  return data.guess ? fromRoles(data.guess) : NO_ROLES;
}

export function fromRoles(roles: ColumnRoles): DraftRoles {
  return { text: roles.text, textPair: roles.textPair ?? null, label: roles.label };
}

/** Null while a needed column is not chosen. */
export function toRoles({ text, textPair, label }: DraftRoles): ColumnRoles | null {
  if (text === null || label === null) return null;
  return { text, label, ...(textPair === null ? {} : { textPair }) };
}

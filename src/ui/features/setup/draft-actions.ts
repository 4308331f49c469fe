// What changes the draft: opening models and data, filling in the sample, taking over the settings of a run.

import { useStore } from 'zustand';
import { isDataArchive } from '#client/data-archive.ts';
import type { TrainerClient } from '#client/trainer-client.ts';
import type { DataSource, ModelSource, NamedFile, RunDetail } from '#protocol/messages.ts';
import type { Role } from '#protocol/task-roles.ts';
import type { Task } from '#util/task.ts';
import { EMPTY } from '../../hooks/loadable.ts';
import { toStudioError } from '../../hooks/to-studio-error.ts';
import { createDraftStore, rolesOf, type SetupDraft } from './draft-store.ts';
import { sortFiles } from './file-sorting.ts';

const draftStore = createDraftStore(() => localStorage);

export function useDraft(): SetupDraft {
  return useStore(draftStore);
}

export function changeDraft(change: Partial<SetupDraft>): void {
  draftStore.setState(change);
}

/** Another task asks for other columns. */
export function chooseTask(task: Task): void {
  changeDraft({ task, roles: {}, rolesByHand: false });
}

export const currentDraft = (): SetupDraft => draftStore.getState();

/** What part a column plays, and no other column then. @param role null: none. */
export function chooseRole(column: string, role: Role | null): void {
  const others = Object.entries(rolesOf(currentDraft())).filter(([each, name]) => name !== column && each !== role);
  changeDraft({ roles: { ...Object.fromEntries(others), ...(role && { [role]: column }) }, rolesByHand: true });
}

/** Name of the job that opens data: a new one ends the former. */
export const OPEN_JOB = 'open-data';

/** Nothing is open then, nor is anything kept in memory. */
export function cancelData(): void {
  latest.data++;
  changeDraft({ data: EMPTY, sampleData: false, dataSource: null });
}

/** Counts openings, so that an answer to a former one is dropped. */
const latest = { model: 0, data: 0 };

export async function openModel(client: TrainerClient, source: ModelSource): Promise<void> {
  const turn = ++latest.model;
  changeDraft({ model: { status: 'loading' }, sampleModel: source.kind === 'sample' });
  try {
    const value = await client.request('model/open', { source });
    if (turn !== latest.model) return;
    const maxLength = Math.min(draftStore.getState().maxLength, value.maxPositions);
    // An adapter beside the weights is gone on with.
    const peft = value.adapter ?? draftStore.getState().peft;
    changeDraft({ model: { status: 'ready', value }, maxLength, peft });
  } catch (thrown) {
    if (turn === latest.model)
      changeDraft({ model: { status: 'failed', error: toStudioError(thrown) }, sampleModel: false });
  }
}

export async function openData(client: TrainerClient, source: DataSource): Promise<void> {
  const turn = ++latest.data;
  changeDraft({
    data: { status: 'loading' },
    sampleData: source.kind === 'sample',
    dataSource: source,
    leaveOut: [],
    validationRoles: {},
  });
  try {
    const value = await client.request('data/open', { jobId: OPEN_JOB, source });
    if (turn !== latest.data) return;
    changeDraft({ data: { status: 'ready', value }, rolesByHand: false });
  } catch (thrown) {
    if (turn === latest.data)
      changeDraft({ data: { status: 'failed', error: toStudioError(thrown) }, sampleData: false });
  }
}

/**
 * Opens other data in place of what is open. What can not be opened changes nothing.
 * @throws StudioError
 */
export async function replaceData(client: TrainerClient, dataSource: DataSource): Promise<void> {
  const turn = ++latest.data;
  const value = await client.request('data/open', { jobId: OPEN_JOB, source: dataSource });
  if (turn !== latest.data) return;
  changeDraft({ data: { status: 'ready', value }, dataSource, leaveOut: [], validationRoles: {} });
}

/** Fills the setup with the bundled model and data and the studio's defaults. */
export function draftSample(client: TrainerClient): void {
  changeDraft({
    name: '',
    arguments: { base: 'studio', changes: {} },
    task: null,
    roles: {},
    rolesByHand: false,
    options: {},
    peft: null,
    validationFraction: 0.1,
    splitSeed: 42,
    maxLength: 64,
    focusStart: true,
  });
  void openModel(client, { kind: 'sample' });
  void openData(client, { kind: 'sample' });
}

/** Opens what was dropped on the start screen. A zip may hold a model or data: what lies in it tells. */
export async function draftFiles(client: TrainerClient, files: readonly NamedFile[]): Promise<void> {
  const [only] = files;
  if (files.length === 1 && only && (await isDataArchive(only))) {
    void openData(client, { kind: 'files', train: [only] });
    return;
  }
  const { model, train, validation } = sortFiles(files);
  if (model.length > 0) void openModel(client, { kind: 'files', files: model });
  if (train.length > 0) void openData(client, { kind: 'files', train, validation });
  // Nothing recognised: let the worker say what is wrong with them as a model.
  if (model.length === 0 && train.length === 0) void openModel(client, { kind: 'files', files });
}

/** Takes over the settings of an earlier run; model and data stay what is open. */
export function draftFrom(setup: RunDetail['setup']): void {
  changeDraft({
    name: '',
    arguments: { base: 'hf', changes: { ...setup.trainingArguments } },
    task: setup.task,
    roles: setup.roles,
    rolesByHand: false,
    options: setup.options,
    peft: setup.peft ?? null,
    validationFraction: setup.validationFraction,
    splitSeed: setup.splitSeed,
    stratify: setup.stratify ?? false,
    leaveOut: setup.leaveOut ?? [],
    maxLength: setup.maxLength,
    focusStart: false,
  });
}

/** After a reload the sample can be opened again; files have to be dropped again. */
export function reopenSample(client: TrainerClient): void {
  const { model, data, sampleModel, sampleData } = draftStore.getState();
  if (sampleModel && model === EMPTY) void openModel(client, { kind: 'sample' });
  if (sampleData && data === EMPTY) void openData(client, { kind: 'sample' });
}

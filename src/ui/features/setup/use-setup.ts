// Ties the draft to the worker: examines the data, plans the run, tells what is missing.

import { useEffect, useMemo, useState } from 'react';
import type { DataExamination, RunPlan, RunSetup } from '#protocol/messages.ts';
import { type ParsedArguments, parseTrainingArguments } from '#protocol/training-arguments.ts';
import { useHubConnection } from '../../hooks/hub-session.ts';
import type { Loadable } from '../../hooks/loadable.ts';
import { useLibrary, useStudio } from '../../hooks/studio-context.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { effectiveArguments } from './arguments-model.ts';
import { reopenSample, useDraft } from './draft-actions.ts';
import type { SetupDraft } from './draft-store.ts';
import { findBlockers, toRunSetup, toTask } from './setup-model.ts';

/** Name of the job that examines data: a new one ends the former. */
export const EXAMINE_JOB = 'examine-data';
const SETTLE_MS = 250;

export interface Setup {
  readonly draft: SetupDraft;
  readonly parsed: ParsedArguments;
  readonly effective: Readonly<Record<string, unknown>>;
  readonly examination: Loadable<DataExamination>;
  readonly examineAgain: () => void;
  readonly plan: Loadable<RunPlan>;
  /** What Start sends; null while something is missing. */
  readonly runSetup: RunSetup | null;
  readonly blockers: readonly string[];
}

/** What the draft comes to, for a sweep over it; null while something is missing or wrong. */
export function useDraftSetup(): RunSetup | null {
  const { client } = useStudio();
  const draft = useDraft();
  useEffect(() => reopenSample(client), [client]);
  const effective = effectiveArguments(draft.arguments, draft.sampleModel);
  const task = toTask(draft);
  return task && parseTrainingArguments(effective).ok ? toRunSetup(task, draft, effective) : null;
}

export function useSetup(): Setup {
  const { client } = useStudio();
  const { active } = useLibrary();
  const { token } = useHubConnection();
  const draft = useDraft();
  useEffect(() => reopenSample(client), [client]);
  const effective = useMemo(
    () => effectiveArguments(draft.arguments, draft.sampleModel),
    [draft.arguments, draft.sampleModel],
  );
  const parsed = useMemo(() => parseTrainingArguments(effective), [effective]);
  const task = toTask(draft);
  const [attempt, setAttempt] = useState(0);
  const examination = useRemote(
    task && { jobId: EXAMINE_JOB, task, attempt },
    ({ jobId, task: asked }) => client.request('data/examine', { jobId, task: asked }),
    SETTLE_MS,
  );
  const ready = task !== null && parsed.ok && examination.status === 'ready';
  const runSetup = ready ? toRunSetup(task, draft, effective) : null;
  // The name changes nothing in the plan, so typing it asks nothing.
  const planned = runSetup && { ...runSetup, name: '' };
  const plan = useRemote(planned, (setup) => client.request('run/plan', { setup }), SETTLE_MS);
  const blockers = findBlockers({ draft, examination, parsed, plan, hasHubToken: token !== null, active });
  const examineAgain = (): void => setAttempt(attempt + 1);
  return { draft, parsed, effective, examination, examineAgain, plan, runSetup, blockers };
}

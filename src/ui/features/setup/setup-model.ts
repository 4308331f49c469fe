// From the draft to a run: the task, the setup, and what still stands in the way. Pure; tested in Node.

import type { ArgumentIssue } from '#protocol/argument-spec.ts';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import type { DataExamination, RunPlan, RunSetup, RunSummary, TaskSetup } from '#protocol/messages.ts';
import { ROW_FORMS, type Role } from '#protocol/task-roles.ts';
import type { ParsedArguments } from '#protocol/training-arguments.ts';
import { formatBytes, formatCount, plural } from '../../format.ts';
import { type Loadable, readyValue } from '../../hooks/loadable.ts';
import { t, translate } from '../../language/translate.ts';
import { hasRoles, optionsOf, rolesOf, type SetupDraft, taskOf } from './draft-store.ts';
import { ROLE_NAMES } from './role-names.ts';

/** What can be examined; null while something is missing or cannot be right. */
export function toTask(draft: SetupDraft): TaskSetup | null {
  const [model, data] = [readyValue(draft.model), readyValue(draft.data)];
  if (!model || !data || !hasRoles(draft) || sameColumns(draft)) return null;
  const { peft, validationFraction, splitSeed, stratify, leaveOut, validationRoles, maxLength } = draft;
  if (maxLength < 1 || maxLength > model.maxPositions) return null;
  return {
    modelId: model.modelId,
    dataId: data.dataId,
    task: taskOf(draft),
    roles: rolesOf(draft),
    options: optionsOf(draft),
    peft,
    validationFraction,
    splitSeed,
    ...(stratify ? { stratify } : {}),
    ...(leaveOut.length > 0 ? { leaveOut } : {}),
    ...(Object.keys(validationRoles).length > 0 ? { validationRoles } : {}),
    maxLength,
  };
}

function sameColumns(draft: SetupDraft): boolean {
  const chosen = Object.values(rolesOf(draft)).filter((name) => name !== undefined);
  return new Set(chosen).size < chosen.length;
}

export function toRunSetup(task: TaskSetup, draft: SetupDraft, args: Readonly<Record<string, unknown>>): RunSetup {
  const { earlyStopping } = draft;
  return { ...task, name: draft.name.trim() || suggestName(draft), trainingArguments: args, earlyStopping };
}

/** `tiny-bert-reviews`: letters, digits, points and dashes. */
export function suggestName(draft: SetupDraft): string {
  const parts = [readyValue(draft.model)?.name, readyValue(draft.data)?.name.replace(/\.[a-z]+$/i, '')];
  const slug = parts.map((part) => (part ?? '').replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-+|-+$/g, ''));
  return slug.filter((part) => part !== '').join('-') || 'run';
}

export interface Readiness {
  readonly draft: SetupDraft;
  readonly examination: Loadable<DataExamination>;
  readonly parsed: ParsedArguments;
  readonly plan: Loadable<RunPlan>;
  /** Whether an access token of the Hub was given. */
  readonly hasHubToken: boolean;
  /** A run that this tab trains already. */
  readonly active: RunSummary | null;
}

/** Why Start can not be pressed, in the order of the page; empty when it can. */
export function findBlockers({ draft, examination, parsed, plan, hasHubToken, active }: Readiness): readonly string[] {
  const blockers = [modelBlocker(draft), ...dataBlockers(draft, examination), ...argumentBlockers(parsed, examination)];
  if (parsed.ok && parsed.args.pushToHub && !hasHubToken) {
    blockers.push(t`Give the access token of the Hub that push_to_hub needs, or turn push_to_hub off.`);
  }
  if (plan.status === 'failed') blockers.push(plan.error.message);
  if (active) blockers.push(t`The run "${active.name}" is going on. Stop it or wait until it ends.`);
  return blockers.filter((blocker) => blocker !== null);
}

function modelBlocker({ model }: SetupDraft): string | null {
  switch (model.status) {
    case 'empty':
      return t`Choose a model.`;
    case 'loading':
      return t`The model is being opened.`;
    case 'failed':
      return t`The model could not be opened.`;
    case 'ready':
      return null;
    default:
      return model satisfies never;
  }
}

function dataBlockers(draft: SetupDraft, examination: Loadable<DataExamination>): (string | null)[] {
  if (draft.data.status === 'empty') return [t`Choose training data.`];
  if (draft.data.status === 'loading') return [t`The data is being read.`];
  if (draft.data.status === 'failed') return [t`The data could not be read.`];
  const missing = missingRoles(draft);
  if (missing.length > 0) return missing.map((role) => t`Choose the ${translate(ROLE_NAMES[role])} column.`);
  if (sameColumns(draft)) return [t`One column is chosen for two purposes.`];
  const positions = readyValue(draft.model)?.maxPositions;
  if (positions !== undefined && (draft.maxLength < 1 || draft.maxLength > positions)) {
    return [t`The maximum length must be between 1 and ${positions}, the model's limit.`];
  }
  if (examination.status === 'failed') return [translate(examination.error.message)];
  return [examination.status === 'ready' || draft.model.status !== 'ready' ? null : t`The data is being examined.`];
}

/** Roles that the task still lacks: of the form of rows that lacks the fewest. */
function missingRoles(draft: SetupDraft): Role[] {
  const roles = rolesOf(draft);
  const lacking = ROW_FORMS[taskOf(draft)].map((form) =>
    form.filter(({ role, required }) => required && roles[role] === undefined).map(({ role }) => role),
  );
  return lacking.sort((a, b) => a.length - b.length)[0] ?? [];
}

function argumentBlockers(parsed: ParsedArguments, examination: Loadable<DataExamination>): string[] {
  if (!parsed.ok)
    return parsed.issues.filter((issue) => issue.level === 'error').map((issue) => translate(issue.message));
  const rows = readyValue(examination)?.validationRows;
  if (rows !== 0 || parsed.args.evalStrategy === 'no') return [];
  return [
    t`There are no validation rows to evaluate on: hold some back, add a validation file, or set eval_strategy to "no".`,
  ];
}

export function issuesByField(parsed: ParsedArguments): ReadonlyMap<string, readonly ArgumentIssue[]> {
  const byField = new Map<string, ArgumentIssue[]>();
  for (const issue of parsed.ok ? parsed.notes : parsed.issues) {
    byField.set(issue.name, [...(byField.get(issue.name) ?? []), issue]);
  }
  return byField;
}

/** "3 epochs × 94 steps = 282 steps, 3 evaluations, 3 checkpoints of 14.2 MB". */
export function describePlan(plan: RunPlan): string {
  const whole = plan.maxSteps === plan.numTrainEpochs * plan.stepsPerEpoch;
  const steps = whole
    ? t`${plural(plan.numTrainEpochs, 'epoch')} × ${plural(plan.stepsPerEpoch, 'step')} = ${plural(plan.maxSteps, 'step')}`
    : t`${plural(plan.maxSteps, 'step')} (${formatCount(plan.stepsPerEpoch)} an epoch)`;
  const size = plan.saves > 0 ? t` of ${formatBytes(plan.checkpointBytes)}` : '';
  return t`${steps}, ${plural(plan.evaluations, 'evaluation')}, ${plural(plan.saves, 'checkpoint')}${size}`;
}

/** "About 1.2 GB of GPU memory: weights 440 MB, …"; what takes most comes first. */
export function describeMemory({ peak, weights, gradients, optimizer, activations }: MemoryPlan): string {
  const parts = [
    { bytes: weights, words: t`weights ${formatBytes(weights)}` },
    { bytes: gradients, words: t`gradients ${formatBytes(gradients)}` },
    { bytes: optimizer, words: t`optimizer ${formatBytes(optimizer)}` },
    { bytes: activations, words: t`activations ${formatBytes(activations)}` },
  ]
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ words }) => words);
  return t`About ${formatBytes(peak)} of GPU memory at most: ${parts.join(', ')}.`;
}

// A change of arguments while a run trains: checked, and told in words.

import { toCamelCase } from '#protocol/argument-specs.ts';
import { show } from '#protocol/argument-value.ts';
import { isHotArgument, readHotChanges } from '#protocol/hot-arguments.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { RunRecord } from '#storage/schema.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { parsedArguments } from './run-arguments.ts';

export interface HotChange {
  readonly changes: Readonly<Record<string, unknown>>;
  readonly args: TrainingArguments;
  /** Null: it stays. */
  readonly patience: number | null;
  /** What the run is stored with from here on. */
  readonly setup: RunRecord['setup'];
  readonly text: string;
}

/** @throws StudioError E-ARGS when an argument can not change now, or not to this. */
export function readHotChange({ setup }: RunRecord, changes: Readonly<Record<string, unknown>>): HotChange {
  const stranger = Object.keys(changes).find((name) => !isHotArgument(name));
  if (stranger !== undefined)
    throw refused(
      msg`${stranger} can not change while the run trains.`,
      stranger,
      msg`Stop the run, and resume it with changes.`,
    );
  const read = readHotChanges(setup.trainingArguments, changes);
  if (!read.ok) throw refused(read.issue.message, read.issue.name, read.issue.hint);
  if (read.patience !== null && !setup.earlyStopping)
    throw refused(
      msg`This run does not stop early, so it has no patience to change.`,
      'early_stopping_patience',
      msg`Set it before the start of a run.`,
    );
  const { early_stopping_patience: _, ...raw } = changes;
  const before = parsedArguments(setup).args;
  const told = Object.keys(raw).map((name) => {
    const key = toCamelCase(name) as keyof TrainingArguments;
    return `${name} ${show(before[key])} → ${show(read.args[key])}`;
  });
  if (read.patience !== null) told.push(`early_stopping_patience ${setup.earlyStopping?.patience} → ${read.patience}`);
  return {
    changes,
    args: read.args,
    patience: read.patience,
    setup: {
      ...setup,
      trainingArguments: { ...setup.trainingArguments, ...raw },
      ...(setup.earlyStopping && read.patience !== null
        ? { earlyStopping: { ...setup.earlyStopping, patience: read.patience } }
        : {}),
    },
    text: msg`Changed while training: ${told.join(', ')}.`,
  };
}

const refused = (message: string, where: string, hint: string | undefined): StudioError =>
  new StudioError('E-ARGS', message, { where, ...(hint ? { hint } : {}), safe: msg`The run goes on as it was.` });

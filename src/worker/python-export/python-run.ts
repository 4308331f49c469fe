// What a run is made of, as its continuation in Python needs it.

import type { ProblemType } from '#protocol/messages.ts';
import type { TaskOptions } from '#protocol/task-options.ts';
import type { ColumnRoles } from '#protocol/task-roles.ts';
import type { Task } from '#util/task.ts';

export interface PythonRun {
  readonly name: string;
  readonly task: Task;
  readonly problemType: ProblemType;
  /** In index order; empty where the task has none. */
  readonly labels: readonly string[];
  readonly roles: ColumnRoles;
  readonly options: TaskOptions;
  /** In tokens. */
  readonly maxLength: number;
  /** The training data is one document rather than rows. */
  readonly isDocument: boolean;
  /** Of a document without a validation file: which of its blocks are held back. Null: rows are, or none. */
  readonly heldOut: { readonly fraction: number; readonly seed: number } | null;
  readonly hasValidation: boolean;
  /** Names of several validation sets, in order; empty where there is one or none. */
  readonly validationNames: readonly string[];
  /** Null: the run goes to its end. */
  readonly earlyStopping: { readonly patience: number; readonly threshold: number } | null;
  readonly tokenizer: {
    /** See `PreTrainedTokenizer`. */
    readonly wordsBeginWithSpace: boolean;
    readonly marksAssistant: boolean;
  };
  /** As they were given, under HF's names. */
  readonly rawArguments: Readonly<Record<string, unknown>>;
  /** adapter_config.json; null: all weights are trained. */
  readonly adapterConfig: Readonly<Record<string, unknown>> | null;
  readonly start: PythonStart;
}

/** Where the run goes on. Names of folders beside train.py; `model/` is there unless a whole model is in the checkpoint. */
export interface PythonStart {
  /** `checkpoint-<step>`; null: from the model, as a new run. */
  readonly checkpoint: string | null;
  /** The checkpoint brings optimizer.pt and scheduler.pt along. */
  readonly hasOptimizer: boolean;
  /** Of an adapter that goes on: the checkpoint, or `adapter`. Null: a new one. */
  readonly adapter: string | null;
}

/** File of a validation set in data/, without its ending. */
export const validationFile = (name: string | null): string => (name === null ? 'validation' : `validation-${name}`);

export const MODEL_FOLDER = 'model';
export const ADAPTER_FOLDER = 'adapter';

/** Folder of the model's weights and its configuration. */
export const modelFolderOf = ({ adapterConfig, start }: Pick<PythonRun, 'adapterConfig' | 'start'>): string =>
  adapterConfig ? MODEL_FOLDER : (start.checkpoint ?? MODEL_FOLDER);

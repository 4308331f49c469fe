// run.json: what to train, on what, with which arguments. Paths are relative to the file.

import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type LoraConfig, readLoraConfig } from '#protocol/lora-config.ts';
import type { LeftOut, ProblemType } from '#protocol/messages.ts';
import { DEFAULT_TASK_OPTIONS, type TaskOptions } from '#protocol/task-options.ts';
import { type ColumnRoles, ROW_FORMS, type Role } from '#protocol/task-roles.ts';
import { parseTrainingArguments, type TrainingArguments } from '#protocol/training-arguments.ts';
import { checkEarlyStopping, type EarlyStoppingOptions } from '#trainer/callbacks/early-stopping-callback.ts';
import type { SearchOptions } from '#trainer/search/hyperparameter-search.ts';
import { splitNameOf } from '#util/shards.ts';
import { StudioError } from '#util/studio-error.ts';
import { isTask, TASKS, type Task } from '#util/task.ts';
import { readSearch } from './search-config.ts';

export interface RunConfig {
  /** Absolute folder of the model. */
  readonly model: string;
  /** A file, any shard of a split, a zip archive or a folder; see `dataFilesAt`. */
  readonly trainFile: string;
  /** Several by the name of their set. */
  readonly validationFile: string | ReadonlyMap<string, string> | null;
  readonly task: Task;
  /** Columns that are named; see `rolesFor` for the others. */
  readonly roles: ColumnRoles;
  readonly options: TaskOptions;
  /** Null: as long as the model reads. */
  readonly maxLength: number | null;
  readonly problemType: ProblemType | undefined;
  /** Share of rows held out without a validation file. Default 0. */
  readonly validationFraction: number;
  readonly splitSeed: number;
  /** Hold out the same share of every label. Default false. */
  readonly stratify: boolean;
  /** Rows that are not used. Default none. */
  readonly leaveOut: readonly LeftOut[];
  /** Null: all weights are trained, or what `adapter` says. */
  readonly peft: LoraConfig | null;
  /** Folder of an adapter to go on from. */
  readonly adapter: string | null;
  /** Write the whole model with the adapter worked in, too. */
  readonly mergeAdapter: boolean;
  /** Modules that give a callback each; absolute. */
  readonly callbacks: readonly string[];
  readonly earlyStopping: EarlyStoppingOptions | null;
  /** Null: one run. */
  readonly search: SearchOptions | null;
  /** Absolute folder of the checkpoint that resume_from_checkpoint names. */
  readonly resumeFrom: string | null;
  readonly args: TrainingArguments;
  readonly rawArguments: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}

/** How the data is called on model cards. */
export const dataNameOf = ({ trainFile }: RunConfig): string => basename(splitNameOf(trainFile));

/** Which field names the column of which role. */
const ROLE_FIELDS: Readonly<Record<Role, string>> = {
  text: 'text_column',
  textPair: 'text_pair_column',
  label: 'label_column',
  question: 'question_column',
  context: 'context_column',
  answers: 'answers_column',
  prompt: 'prompt_column',
  completion: 'completion_column',
  messages: 'messages_column',
};

/** Columns that need not be named where the file has them under these names, as HF's examples and data sets do. */
const USUAL_COLUMNS: Readonly<Partial<Record<Task, ColumnRoles>>>[] = [
  { 'token-classification': { text: 'tokens', label: 'ner_tags' } },
  { 'token-classification': { text: 'tokens', label: 'tags' } },
  { 'question-answering': { question: 'question', context: 'context', answers: 'answers' } },
  { 'fill-mask': { text: 'text' } },
  { 'text-generation': { messages: 'messages' } },
  { 'text-generation': { prompt: 'prompt', completion: 'completion' } },
  { 'text-generation': { text: 'text' } },
];

/** Every field of run.json. */
export const RUN_CONFIG_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'task',
  'train_file',
  'validation_file',
  ...Object.values(ROLE_FIELDS),
  'max_length',
  'problem_type',
  'validation_fraction',
  'split_seed',
  'stratify',
  'leave_out',
  'doc_stride',
  'mlm_probability',
  'whole_word_mask',
  'packing',
  'sample_prompt',
  'peft',
  'adapter',
  'merge_adapter',
  'callbacks',
  'hyperparameter_search',
  'early_stopping_patience',
  'early_stopping_threshold',
  'training_arguments',
]);
const LEFT_OUT: readonly LeftOut[] = ['bad', 'empty', 'duplicates', 'in-validation'];
const PROBLEM_TYPES = ['single_label_classification', 'multi_label_classification', 'regression'];

/** @throws StudioError E-ARGS naming the field that is missing or wrong. */
export async function readRunConfig(path: string): Promise<RunConfig> {
  const json = await readJson(path);
  const unknown = Object.keys(json).filter((name) => !RUN_CONFIG_FIELDS.has(name));
  if (unknown.length > 0)
    throw wrong(path, unknown[0]!, `is not known. Known are: ${[...RUN_CONFIG_FIELDS].join(', ')}.`);
  const task = json['task'] ?? 'text-classification';
  if (!isTask(task)) throw wrong(path, 'task', `must be one of ${TASKS.join(', ')}, but is ${JSON.stringify(task)}.`);
  const text = (name: string): string => requiredText(path, json, name);
  const folder = dirname(resolve(path));
  const { args, raw, notes } = readArguments(path, json['training_arguments'] ?? {});
  const earlyStopping = readEarlyStopping(path, json, args);
  if (earlyStopping && !args.loadBestModelAtEnd)
    notes.push('Without load_best_model_at_end the model of the last step is kept, which is not the best one.');
  return {
    model: resolve(folder, text('model')),
    trainFile: resolve(folder, text('train_file')),
    validationFile: readValidationFile(path, json['validation_file'], folder),
    task,
    roles: readRoles(path, json, task),
    options: readOptions(path, json),
    maxLength: optionalNumber(
      path,
      json,
      'max_length',
      (value) => Number.isInteger(value) && value > 0,
      'a positive integer',
    ),
    problemType: readProblemType(path, json['problem_type']),
    validationFraction:
      optionalNumber(
        path,
        json,
        'validation_fraction',
        (value) => value >= 0 && value < 1,
        'a number of at least 0 and less than 1',
      ) ?? 0,
    splitSeed: optionalNumber(path, json, 'split_seed', Number.isInteger, 'an integer') ?? 42,
    stratify: readFlag(path, json, 'stratify', false),
    leaveOut: readLeaveOut(path, json['leave_out']),
    peft: readPeft(path, json['peft']),
    adapter: json['adapter'] == null ? null : resolve(folder, text('adapter')),
    mergeAdapter: readFlag(path, json, 'merge_adapter', false),
    callbacks: readPaths(path, json, 'callbacks').map((each) => resolve(folder, each)),
    earlyStopping,
    search: json['hyperparameter_search'] == null ? null : readSearch(path, json['hyperparameter_search'], args, raw),
    resumeFrom: args.resumeFromCheckpoint ? resolve(folder, args.resumeFromCheckpoint) : null,
    args,
    rawArguments: raw,
    notes,
  };
}

/** A file, or files by the names of their sets: HF's dict of data sets. */
function readValidationFile(path: string, given: unknown, folder: string): RunConfig['validationFile'] {
  if (given === undefined || given === null) return null;
  if (typeof given === 'string' && given !== '') return resolve(folder, given);
  const sets = typeof given === 'object' && !Array.isArray(given) ? Object.entries(given) : [];
  if (sets.length === 0)
    throw wrong(path, 'validation_file', `must be a text, or texts by name, but is ${JSON.stringify(given)}.`);
  for (const [name, file] of sets) {
    if (!/^[\w-]+$/.test(name))
      throw wrong(
        path,
        'validation_file',
        `names a set ${JSON.stringify(name)}. Names have letters, digits, _ and - only.`,
      );
    if (typeof file !== 'string' || file === '')
      throw wrong(path, `validation_file.${name}`, `must be a text, but is ${JSON.stringify(file)}.`);
  }
  return new Map(sets.map(([name, file]) => [name, resolve(folder, file as string)]));
}

function readEarlyStopping(
  path: string,
  json: Record<string, unknown>,
  args: TrainingArguments,
): EarlyStoppingOptions | null {
  const positive = (value: number): boolean => Number.isInteger(value) && value > 0;
  const patience = optionalNumber(path, json, 'early_stopping_patience', positive, 'a positive integer');
  const atLeast0 = (value: number): boolean => value >= 0;
  const threshold = optionalNumber(path, json, 'early_stopping_threshold', atLeast0, 'a number of at least 0');
  if (patience === null) {
    if (threshold === null) return null;
    throw wrong(path, 'early_stopping_threshold', 'needs early_stopping_patience beside it.');
  }
  checkEarlyStopping(args);
  return { patience, threshold: threshold ?? 0 };
}

/** Only the columns that the task has a use for. Those of text classification have to be named. */
function readRoles(path: string, json: Record<string, unknown>, task: Task): ColumnRoles {
  const wanted = ROW_FORMS[task].flat();
  return Object.fromEntries(
    wanted.flatMap(({ role, required }) => {
      const name = ROLE_FIELDS[role];
      const isNeeded = task === 'text-classification' && required;
      return isNeeded || json[name] != null ? [[role, requiredText(path, json, name)]] : [];
    }),
  );
}

/** The columns named in the config, else those that the file has under their usual names. */
export function rolesFor({ task, roles }: Pick<RunConfig, 'task' | 'roles'>, columns: readonly string[]): ColumnRoles {
  if (Object.keys(roles).length > 0) return roles;
  const usual = USUAL_COLUMNS.flatMap((each) => each[task] ?? []);
  return usual.find((each) => Object.values(each).every((name) => name !== undefined && columns.includes(name))) ?? {};
}

function readOptions(path: string, json: Record<string, unknown>): TaskOptions {
  const share = (value: number): boolean => value > 0 && value < 1;
  const flag = (name: string, fallback: boolean): boolean => readFlag(path, json, name, fallback);
  const { docStride, mlmProbability, wholeWordMask, packing } = DEFAULT_TASK_OPTIONS;
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 0;
  return {
    docStride: optionalNumber(path, json, 'doc_stride', whole, 'a whole number of at least 0') ?? docStride,
    mlmProbability:
      optionalNumber(path, json, 'mlm_probability', share, 'a number above 0 and below 1') ?? mlmProbability,
    wholeWordMask: flag('whole_word_mask', wholeWordMask),
    packing: flag('packing', packing),
    samplePrompt: json['sample_prompt'] == null ? '' : requiredText(path, json, 'sample_prompt'),
  };
}

function readFlag(path: string, json: Record<string, unknown>, name: string, fallback: boolean): boolean {
  const value = json[name] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw wrong(path, name, `must be true or false, but is ${JSON.stringify(value)}.`);
}

function readLeaveOut(path: string, given: unknown): readonly LeftOut[] {
  const isKnown = (each: unknown): each is LeftOut => LEFT_OUT.some((known) => known === each);
  if (given === undefined || given === null) return [];
  if (Array.isArray(given) && given.every(isKnown)) return given;
  throw wrong(path, 'leave_out', `must be a list of ${LEFT_OUT.join(', ')}, but is ${JSON.stringify(given)}.`);
}

function readPaths(path: string, json: Record<string, unknown>, name: string): string[] {
  const value = json[name] ?? [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')) return value;
  throw wrong(path, name, `must be a list of files, but is ${JSON.stringify(value)}.`);
}

function readPeft(path: string, given: unknown): LoraConfig | null {
  if (given === undefined || given === null) return null;
  if (typeof given !== 'object' || Array.isArray(given))
    throw wrong(path, 'peft', 'must be an object of PEFT\'s LoraConfig, such as {"r": 8}.');
  const { init_lora_weights: start = true } = given as { init_lora_weights?: unknown };
  if (start !== true)
    throw wrong(path, 'peft.init_lora_weights', 'must be true or absent: adapters start in one way here.');
  return readLoraConfig(given as Record<string, unknown>, `${path}: peft`);
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    throw new StudioError('E-ARGS', `The config ${path} can not be read: ${(cause as Error).message}`, {
      where: path,
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    throw new StudioError('E-ARGS', `${path} is not JSON: ${(cause as Error).message}`, { where: path, cause });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new StudioError('E-ARGS', `${path} holds no JSON object.`, { where: path });
}

function readArguments(path: string, given: unknown) {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrong(path, 'training_arguments', 'must be an object of HF TrainingArguments.');
  const parsed = parseTrainingArguments(given as Record<string, unknown>);
  if (!parsed.ok) {
    const errors = parsed.issues.filter(({ level }) => level === 'error');
    const lines = errors.map(({ message, hint }) => `${message}${hint ? ` ${hint}` : ''}`);
    throw new StudioError('E-ARGS', lines.join('\n'), {
      where: `${path}: training_arguments.${errors[0]?.name}`,
      safe: 'Nothing was started.',
    });
  }
  return {
    args: parsed.args,
    raw: parsed.raw,
    notes: parsed.notes.map(({ message, hint }) => (hint ? `${message} ${hint}` : message)),
  };
}

function requiredText(path: string, json: Record<string, unknown>, name: string): string {
  const value = json[name];
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(path, name, value === undefined ? 'is missing.' : `must be a text, but is ${JSON.stringify(value)}.`);
}

function optionalNumber(
  path: string,
  json: Record<string, unknown>,
  name: string,
  valid: (value: number) => boolean,
  expected: string,
): number | null {
  const value = json[name];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && valid(value)) return value;
  throw wrong(path, name, `must be ${expected}, but is ${JSON.stringify(value)}.`);
}

function readProblemType(path: string, value: unknown): ProblemType | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && PROBLEM_TYPES.includes(value)) return value as ProblemType;
  throw wrong(path, 'problem_type', `must be one of ${PROBLEM_TYPES.join(', ')}.`);
}

function wrong(path: string, name: string, problem: string): StudioError {
  return new StudioError('E-ARGS', `${path}: "${name}" ${problem}`, {
    where: `${path}: ${name}`,
    safe: 'Nothing was started.',
  });
}

// A task over the rows of data files: how rows are read, made into examples and shown. Every task gives one of these;
// preparing and examining are the same for all.

import type { CellObject, Table } from '#formats/table.ts';
import type { LeftOut, ProblemType, TokenPreview } from '#protocol/messages.ts';
import type { TaskOptions } from '#protocol/task-options.ts';
import type { ColumnRoles } from '#protocol/task-roles.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Task } from '#util/task.ts';
import type { Dataset, Example } from '../dataset.ts';
import type { WorkOptions } from '../work.ts';
import type { AnswerFeature } from './answer-feature.ts';
import type { FeatureCache } from './feature-cache.ts';
import type { MakeReader } from './row-reader.ts';
import { partRows, type RowParts, type RowSet, type ValidationTables, validationTables } from './split-rows.ts';
import { type RowFacts, surveyedOnce, surveyRows } from './survey.ts';

/** A data set with what is to be made of it. */
export interface TaskSource {
  readonly train: Table;
  /** Null: rows are held out of `train`. */
  readonly validation: ValidationTables;
  readonly roles: ColumnRoles;
  /** Columns that are called otherwise in the validation files. */
  readonly validationRoles?: ColumnRoles | undefined;
  readonly options: TaskOptions;
  /** Share of `train` to hold out when there is no validation file, in [0, 1). */
  readonly validationFraction: number;
  readonly splitSeed: number;
  /** Hold out the same share of every label. Default false. */
  readonly stratify?: boolean | undefined;
  /** Rows that are not used. Default none. */
  readonly leaveOut?: readonly LeftOut[] | undefined;
  /** Longest input in tokens, special tokens included. */
  readonly maxLength: number;
  readonly tokenizer: PreTrainedTokenizer;
  /** Labels by index as the model's config names them; empty, or LABEL_0, LABEL_1, … for none. */
  readonly configLabels: readonly string[];
  /** Of text classification. Undefined: told from the label column. */
  readonly problemType?: ProblemType | undefined;
  /** Where tokenized files are kept. Undefined: nowhere. */
  readonly features?: FeatureCache | undefined;
}

/** What becomes of one row. */
export interface EncodedRow {
  /** Several where a long text is read in several windows. */
  readonly examples: readonly Example[];
  /** Tokens of the whole row, uncut. */
  readonly length: number;
  /** Tokens that were cut off. */
  readonly truncated: number;
  /** Those tokens, where they can be told. */
  readonly cutIds?: readonly number[] | undefined;
  /** See `TokenPreview`: of the first example. */
  readonly targets: readonly (string | null)[] | null;
}

export interface RowTask<Row> extends RowParts {
  readonly task: Task;
  readonly problemType: ProblemType;
  readonly labels: readonly string[];
  readonly warnings: readonly string[];
  readonly reader: MakeReader<Row>;
  readonly encode: (row: Row) => EncodedRow;
  readonly countLabels: (set: RowSet) => number[];
  readonly describe: (row: Row) => Pick<TokenPreview, 'text' | 'textPair' | 'label'>;
  /** The row as it is used, under the names of its columns: labels by name, texts as texts. */
  readonly recordOf: (row: Row) => CellObject;
  /** Makes other examples of all those of a part, such as blocks of one length. */
  readonly join?: (examples: Dataset, fileName: string) => Example[];
  /** The beginning of a row, for a look at one that is long. */
  readonly head?: (row: Row, characters: number) => Row;
  /** There are no rows to hold out, but examples. */
  readonly splitsExamples?: boolean;
  /** What is needed to read answers out of the logits of a row's examples. @param number of the row in its set */
  readonly answersOf?: (row: Row, number: number) => AnswerFeature[];
}

/** Tokenized data, ready to be trained on. */
export interface TaskData {
  readonly task: Task;
  readonly problemType: ProblemType;
  /** In index order; a single one in regression; empty where a task has none. */
  readonly labels: readonly string[];
  readonly train: Dataset;
  /** Several by name. */
  readonly validation: Dataset | Readonly<Record<string, Dataset>> | null;
  readonly warnings: readonly string[];
  /** Of question answering: of each validation set one for each example. Else empty. */
  readonly answers: ReadonlyMap<Dataset, readonly AnswerFeature[]>;
}

/** A file after the first look, with what the task noted of its rows. */
export interface SurveyedFile<Notes> {
  readonly name: string | null;
  readonly table: Table;
  readonly facts: RowFacts;
  readonly notes: Notes;
}

export interface SurveyedFiles<Notes> {
  readonly train: SurveyedFile<Notes>;
  readonly validation: readonly SurveyedFile<Notes>[];
}

export const rolesIn = ({ train, roles, validationRoles }: TaskSource, table: Table): ColumnRoles =>
  table === train ? roles : { ...roles, ...validationRoles };

/**
 * Looks at all files of a source.
 * @param key what the task notes depends on besides the columns.
 * @param begin gives a reader that notes what it sees.
 */
export async function surveyFiles<Row, Notes>(
  source: TaskSource,
  key: string,
  begin: (table: Table) => { readonly reader: ReturnType<MakeReader<Row>>; readonly notes: () => Notes },
  work: WorkOptions,
): Promise<SurveyedFiles<Notes>> {
  const skipBad = source.leaveOut?.includes('bad') ?? false;
  const survey = async (name: string | null, table: Table): Promise<SurveyedFile<Notes>> => {
    const whole = JSON.stringify([key, rolesIn(source, table), skipBad]);
    const made = await surveyedOnce(table, whole, work, async (shared) => {
      const { reader, notes } = begin(table);
      const facts = await surveyRows(table, reader, { ...shared, skipBad });
      return { facts, notes: notes() };
    });
    return { name, table, ...made };
  };
  const train = await survey(null, source.train);
  const validation: SurveyedFile<Notes>[] = [];
  for (const [name, table] of validationTables(source.validation)) validation.push(await survey(name, table));
  return { train, validation };
}

/** What the first look at the files had to say. */
export const surveyWarnings = ({ train, validation }: SurveyedFiles<unknown>): string[] =>
  [train, ...validation].flatMap(({ facts }) => facts.warnings);

/** The parts of the files. @param classes of the training rows, where the split may be stratified. */
export function partsOf(
  files: SurveyedFiles<unknown>,
  source: TaskSource,
  classes: Int32Array | null,
  warnings: string[],
): RowParts {
  const { validationFraction, splitSeed, leaveOut = [] } = source;
  return partRows(
    files.train,
    files.validation,
    { validationFraction, splitSeed, leaveOut, classes: stratifiedBy(source, classes) },
    warnings,
  );
}

/** @throws StudioError E-ARGS where rows have no single label to go by. */
function stratifiedBy({ stratify, validation }: TaskSource, classes: Int32Array | null): Int32Array | null {
  if (!stratify || validation !== null) return null;
  if (classes) return classes;
  throw new StudioError('E-ARGS', msg`Only rows with one label each can be split by the shares of the labels.`, {
    where: 'stratify',
    hint: msg`Turn it off for this task.`,
  });
}

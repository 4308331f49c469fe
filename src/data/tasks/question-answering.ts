// Extractive question answering: where in a context the answer stands. A long context is read in windows that overlap, as
// in HF's example script.

import { type Cell, type CellObject, isCellList, isCellObject, type Table, whereOf } from '#formats/table.ts';
import type { ContextWindow } from '#tokenizers/auto-tokenizer.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Example } from '../dataset.ts';
import type { WorkOptions } from '../work.ts';
import type { AnswerFeature } from './answer-feature.ts';
import { columnOf, textColumn } from './columns.ts';
import type { RowReader } from './row-reader.ts';
import {
  type EncodedRow,
  partsOf,
  type RowTask,
  rolesIn,
  surveyFiles,
  surveyWarnings,
  type TaskSource,
} from './row-task.ts';
import { tableWarnings } from './split-rows.ts';

interface Answer {
  readonly text: string;
  /** First character in the context. */
  readonly start: number;
}

interface QuestionRow {
  readonly question: string;
  readonly context: string;
  /** Empty: the context holds no answer. */
  readonly answers: readonly Answer[];
  /** `train.jsonl:12`. */
  readonly where: string;
}

/**
 * Examples, one for each window, hold what the tokenizer gives, `start_positions` and `end_positions`: tokens of the first
 * answer, or of the first special token where the window does not hold it.
 * @throws StudioError E-DATA-COLUMN or E-DATA-LABEL naming the row.
 */
export async function questionAnswering(source: TaskSource, work: WorkOptions): Promise<RowTask<QuestionRow>> {
  const reader = (table: Table): RowReader<QuestionRow> => readerOf(table, source);
  const begin = (table: Table) => ({ reader: reader(table), notes: () => null });
  const files = await surveyFiles(source, 'question-answering', begin, work);
  const warnings = [...tableWarnings(source), ...surveyWarnings(files)];
  const parts = partsOf(files, source, null, warnings);
  return {
    task: 'question-answering',
    problemType: 'single_label_classification',
    labels: [],
    ...parts,
    warnings,
    reader,
    encode: (row) => encode(row, source),
    countLabels: () => [],
    describe: ({ question, context, answers }) => ({
      text: question,
      textPair: context,
      label: answers[0]?.text ?? msg`(no answer)`,
    }),
    recordOf: (row) => recordOf(row, source),
    answersOf: (row, number) => featuresOf(row, number, source),
  };
}

function readerOf(table: Table, source: TaskSource): RowReader<QuestionRow> {
  const roles = rolesIn(source, table);
  const question = textColumn(table, roles, 'question');
  const context = textColumn(table, roles, 'context');
  const answers = columnOf(table, roles, 'answers');
  return {
    read: (cells, number) => {
      const where = whereOf(table, number);
      const held = context(cells, number);
      return {
        // Some data sets have questions that begin with spaces, which would be cut instead of the context.
        question: question(cells, number).trimStart(),
        context: held,
        answers: answersIn(answers(cells), where).map((answer) => locate(answer, held, where)),
        where,
      };
    },
    inputs: (row) => [row.question, row.context],
    textColumn: null,
  };
}

interface GivenAnswer {
  readonly text: string;
  readonly start: number | null;
}

/**
 * SQuAD's `{text: […], answer_start: […]}`, a list of such or of texts, or a text. Nothing, or an empty text, is no answer.
 * @throws StudioError E-DATA-LABEL for anything else.
 */
function answersIn(cell: Cell, where: string): GivenAnswer[] {
  if (isCellList(cell)) return cell.flatMap((each) => answersIn(each, where));
  if (!isCellObject(cell)) return cell === null || cell === '' ? [] : [{ text: String(cell), start: null }];
  const starts = listed(cell['answer_start']);
  return listed(cell['text']).map((text, i) => {
    if (text === null || typeof text === 'object') throw noText(where);
    return { text: String(text), start: typeof starts[i] === 'number' ? starts[i] : null };
  });
}

const noText = (where: string): StudioError =>
  new StudioError('E-DATA-LABEL', msg`${where}: an answer holds something that is no text.`, {
    where,
    hint: msg`Give the answer as a text, or as SQuAD's {"text": ["…"], "answer_start": [0]}.`,
    safe: msg`Your file was only read, not changed.`,
  });

const listed = (cell: Cell | undefined): readonly Cell[] =>
  cell === undefined || cell === null ? [] : isCellList(cell) ? cell : [cell];

function locate({ text, start }: GivenAnswer, context: string, where: string): Answer {
  const found = start ?? context.indexOf(text);
  if (found >= 0 && context.startsWith(text, found)) return { text, start: found };
  throw new StudioError(
    'E-DATA-LABEL',
    msg`${where}: the answer ${JSON.stringify(text.slice(0, 80))} does not stand in its context${start === null ? '' : msg` at character ${start}`}.`,
    {
      where,
      hint: msg`Answers are copied out of the context, letter by letter. Leave the answer empty where there is none.`,
      safe: msg`Your file was only read, not changed.`,
    },
  );
}

/** SQuAD's form. Places are counted in code points, as Python counts them. */
function recordOf({ question, context, answers }: QuestionRow, { roles }: TaskSource): CellObject {
  return {
    [roles.question!]: question,
    [roles.context!]: context,
    [roles.answers!]: {
      text: answers.map(({ text }) => text),
      answer_start: answers.map(({ start }) => [...context.slice(0, start)].length),
    },
  };
}

function windowsOf({ question, context, where }: QuestionRow, source: TaskSource): ContextWindow[] {
  const { tokenizer, maxLength, options } = source;
  return tokenizer.encodeWindows(question, context, {
    maxLength,
    stride: options.docStride,
    where,
  });
}

function encode(row: QuestionRow, source: TaskSource): EncodedRow {
  const windows = windowsOf(row, source);
  const spans = windows.map((window) => spanIn(window, row.answers[0]));
  return {
    examples: windows.map((window, i) => exampleOf(window, spans[i]!)),
    length: windows[0]!.length,
    truncated: 0,
    targets: windows[0]!.input_ids.map((_, i) => {
      const [begin, end] = spans[0]!;
      return i >= begin && i <= end && windows[0]!.offsets[i] !== null ? msg`answer` : null;
    }),
  };
}

function exampleOf(window: ContextWindow, [start, end]: readonly [number, number]): Example {
  return {
    input_ids: Int32Array.from(window.input_ids),
    attention_mask: Uint8Array.from(window.attention_mask),
    ...(window.token_type_ids ? { token_type_ids: Uint8Array.from(window.token_type_ids) } : {}),
    start_positions: start,
    end_positions: end,
  };
}

/** First and last token of the answer, if the window holds all of it; else twice the first special token. */
function spanIn({ offsets, specialToken }: ContextWindow, answer: Answer | undefined): readonly [number, number] {
  const nowhere = [specialToken, specialToken] as const;
  if (!answer) return nowhere;
  const end = answer.start + answer.text.length;
  const first = offsets.findIndex((offset) => offset !== null);
  const last = offsets.findLastIndex((offset) => offset !== null);
  if (first < 0 || offsets[first]![0] > answer.start || offsets[last]![1] < end) return nowhere;
  // The last token that begins no later, and the first that ends no sooner.
  const begin = offsets.findLastIndex((offset) => offset !== null && offset[0] <= answer.start);
  const stop = offsets.findIndex((offset) => offset !== null && offset[1] >= end);
  return [begin, stop];
}

function featuresOf(row: QuestionRow, number: number, source: TaskSource): AnswerFeature[] {
  return windowsOf(row, source).map(({ offsets }) => ({
    row: number,
    context: row.context,
    offsets,
    answers: row.answers.map(({ text }) => text),
  }));
}

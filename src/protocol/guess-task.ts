// What a data file is probably for, and which of its columns play which part, from their names and what they hold.

import { isTask, type Task } from '#util/task.ts';
import type { ColumnSummary, DataSummary } from './studio-data.ts';
import { type ColumnRoles, formOf, ROW_FORMS, type Role } from './task-roles.ts';

/** Usual names of the columns of each role, the likeliest first. */
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  text: 'text sentence review content comment message tweet body question title document utterance'.split(' '),
  textPair: [],
  label: 'label labels target class category sentiment emotion intent topic rating score stars y'.split(' '),
  question: ['question', 'query'],
  context: ['context', 'passage', 'paragraph', 'document'],
  answers: ['answers', 'answer', 'answer_text'],
  prompt: ['prompt', 'instruction', 'input'],
  completion: ['completion', 'response', 'output', 'answer'],
  messages: ['messages', 'conversations', 'conversation', 'chat'],
};
const WORDS = ['tokens', 'words', 'text'];
const TAGS = ['ner_tags', 'tags', 'labels', 'label', 'pos_tags'];
const PAIRS: readonly (readonly [text: string, textPair: string])[] = [
  ['sentence1', 'sentence2'],
  ['text1', 'text2'],
  ['text_a', 'text_b'],
  ['premise', 'hypothesis'],
  ['question1', 'question2'],
  ['question', 'sentence'],
  ['question', 'answer'],
  ['question', 'context'],
  ['text', 'text_pair'],
];

type Columns = readonly ColumnSummary[];

/** The task that the columns speak for; null when they speak for none. */
export function guessTask({ columns, format }: Pick<DataSummary, 'columns' | 'format'>): Task | null {
  if (format === 'conll') return 'token-classification';
  if (format === 'txt') return 'text-generation';
  const telling: readonly Task[] = ['question-answering', 'token-classification'];
  const told = telling.find((task) => formOf(task, guessRoles(task, columns)));
  if (told) return told;
  const written = guessRoles('text-generation', columns);
  if (written.messages !== undefined || written.prompt !== undefined) return 'text-generation';
  const others: readonly Task[] = ['text-classification', 'text-generation'];
  return others.find((task) => formOf(task, guessRoles(task, columns))) ?? null;
}

/** Columns for the roles of a task, as far as they can be told. */
export function guessRoles(task: Task, columns: Columns): ColumnRoles {
  switch (task) {
    case 'text-classification':
      return classification(columns);
    case 'token-classification': {
      const lists = columns.filter(({ kind }) => kind === 'list');
      return named({ text: byName(lists, WORDS), label: byName(lists, TAGS) });
    }
    case 'question-answering':
      return named({
        question: byName(columns, NAMES.question),
        context: byName(columns, NAMES.context),
        answers: byName(columns, NAMES.answers),
      });
    case 'fill-mask':
      return named({ text: textColumn(columns) });
    case 'text-generation':
      return generation(columns);
    default:
      return task satisfies never;
  }
}

/** Roles of the task whose columns are there; the rest is guessed. */
export function keepRoles(task: Task, former: ColumnRoles, columns: Columns): ColumnRoles {
  const names = new Set(columns.map(({ name }) => name));
  const wanted = new Set(ROW_FORMS[task].flatMap((form) => form.map(({ role }) => role)));
  const kept = Object.fromEntries(
    Object.entries(former).filter(([role, name]) => wanted.has(role as Role) && name !== undefined && names.has(name)),
  ) as ColumnRoles;
  return formOf(task, kept) ? kept : guessRoles(task, columns);
}

/**
 * The task to begin with: the chosen one, else the one that the data speaks for, else the model's first, as far as the
 * model can be trained for it.
 */
export function chooseTask(chosen: Task | null, tasks: readonly Task[], guess: Task | null): Task {
  const able = (task: Task | null): task is Task => task !== null && isTask(task) && tasks.includes(task);
  if (able(chosen)) return chosen;
  if (able(guess)) return guess;
  // Plain text trains an encoder by hiding words.
  if (guess === 'text-generation' && able('fill-mask')) return 'fill-mask';
  return tasks[0] ?? 'text-classification';
}

function classification(columns: Columns): ColumnRoles {
  const label = byName(columns, NAMES.label) ?? columns.findLast(({ kind }) => kind === 'category');
  if (label === undefined) return {};
  const others = columns.filter((column) => column !== label);
  for (const [first, second] of PAIRS) {
    const text = byName(others, [first]);
    const textPair = byName(others, [second]);
    if (text && textPair) return { text: text.name, textPair: textPair.name, label: label.name };
  }
  return named({ text: textColumn(others), label });
}

function generation(columns: Columns): ColumnRoles {
  const messages = columns.find(({ name, kind }) => kind === 'list' && NAMES.messages.includes(name.toLowerCase()));
  if (messages) return { messages: messages.name };
  const [prompt, completion] = [byName(columns, NAMES.prompt), byName(columns, NAMES.completion)];
  return prompt && completion ? named({ prompt, completion }) : named({ text: textColumn(columns) });
}

const textColumn = (columns: Columns): ColumnSummary | undefined =>
  byName(columns, NAMES.text) ?? longest(columns.filter(({ kind }) => kind === 'text' || kind === 'category'));

const named = (found: Partial<Record<Role, ColumnSummary | undefined>>): ColumnRoles =>
  Object.fromEntries(Object.entries(found).flatMap(([role, column]) => (column ? [[role, column.name]] : [])));

function byName(columns: Columns, names: readonly string[]): ColumnSummary | undefined {
  const found = names.map((name) =>
    columns.find((column) => column.name.toLowerCase() === name && column.kind !== 'empty'),
  );
  return found.find((column) => column !== undefined);
}

function longest(columns: Columns): ColumnSummary | undefined {
  return [...columns].sort((a, b) => b.meanCharacters - a.meanCharacters)[0];
}

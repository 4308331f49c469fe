// Which columns a task is made of, in which forms. The form on the page, the guess and the runner's checks go by it.

import { msg } from '#util/msg.ts';
import type { Task } from '#util/task.ts';

export type Role =
  | 'text'
  | 'textPair'
  | 'label'
  | 'question'
  | 'context'
  | 'answers'
  | 'prompt'
  | 'completion'
  | 'messages';

/** Role → name of its column. */
export type ColumnRoles = { readonly [R in Role]?: string | undefined };

export interface RoleSpec {
  readonly role: Role;
  readonly required: boolean;
  /** What the column holds, in a few words. */
  readonly holds: string;
}

/** Roles that make up a row together. */
export type RowForm = readonly RoleSpec[];

const needed = (role: Role, holds: string): RoleSpec => ({ role, required: true, holds });

/** The forms that rows of a task may have; the first is the usual one. */
export const ROW_FORMS: Readonly<Record<Task, readonly RowForm[]>> = {
  'text-classification': [
    [
      needed('text', msg`the text`),
      { role: 'textPair', required: false, holds: msg`a second text, for pairs` },
      needed('label', msg`the label, the labels, or a number`),
    ],
  ],
  'token-classification': [[needed('text', msg`the words, as a list`), needed('label', msg`a tag for each word`)]],
  'question-answering': [
    [
      needed('question', msg`the question`),
      needed('context', msg`the text that holds the answer`),
      needed('answers', msg`the answer as it stands in the text, or SQuAD’s {text, answer_start}`),
    ],
  ],
  'fill-mask': [[needed('text', msg`the text`)]],
  'text-generation': [
    [needed('text', msg`the text`)],
    [needed('prompt', msg`what is given`), needed('completion', msg`what is to be written`)],
    [needed('messages', msg`a chat: a list of {role, content}`)],
  ],
};

/** The form that these roles make up; undefined when something is missing. */
export const formOf = (task: Task, roles: ColumnRoles): RowForm | undefined =>
  ROW_FORMS[task].find((form) => form.every(({ role, required }) => !required || roles[role] !== undefined));

// What the parts of a row, and the tasks, are called on the page; shown through `translate`.

import type { Role } from '#protocol/task-roles.ts';
import { msg } from '#util/msg.ts';
import type { Task } from '#util/task.ts';

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  text: msg`text`,
  textPair: msg`second text`,
  label: msg`label`,
  question: msg`question`,
  context: msg`context`,
  answers: msg`answer`,
  prompt: msg`prompt`,
  completion: msg`completion`,
  messages: msg`chat`,
};

export const TASK_NAMES: Readonly<Record<Task, string>> = {
  'text-classification': msg`Classify texts`,
  'token-classification': msg`Tag words`,
  'question-answering': msg`Find answers in a text`,
  'fill-mask': msg`Fill in hidden words`,
  'text-generation': msg`Write text`,
};

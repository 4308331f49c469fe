// What the parts of a row, and the tasks, are called on the page.

import type { Role } from '#protocol/task-roles.ts';
import type { Task } from '#util/task.ts';

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  text: 'text',
  textPair: 'second text',
  label: 'label',
  question: 'question',
  context: 'context',
  answers: 'answer',
  prompt: 'prompt',
  completion: 'completion',
  messages: 'chat',
};

export const TASK_NAMES: Readonly<Record<Task, string>> = {
  'text-classification': 'Classify texts',
  'token-classification': 'Tag words',
  'question-answering': 'Find answers in a text',
  'fill-mask': 'Fill in hidden words',
  'text-generation': 'Write text',
};

// Settings of single tasks, besides the columns and the longest input.

import type { Task } from '#util/task.ts';

export interface TaskOptions {
  /** Question answering: tokens that neighbouring windows of a long context share. */
  readonly docStride: number;
  /** Fill-mask: share of the tokens that are hidden, above 0 and below 1. */
  readonly mlmProbability: number;
  /** Fill-mask: hide whole words, all of their tokens. */
  readonly wholeWordMask: boolean;
  /** Text generation from prompts or chats: several examples in one row, each seeing itself alone. */
  readonly packing: boolean;
  /** Text generation: what the model goes on from after each evaluation, for a look at what it has learned; '' for none. */
  readonly samplePrompt: string;
}

/** As HF's example scripts have them. */
export const DEFAULT_TASK_OPTIONS: TaskOptions = {
  docStride: 128,
  mlmProbability: 0.15,
  wholeWordMask: false,
  packing: false,
  samplePrompt: '',
};

/** Which options a task has. */
export const OPTIONS_OF_TASK: Readonly<Record<Task, readonly (keyof TaskOptions)[]>> = {
  'text-classification': [],
  'token-classification': [],
  'question-answering': ['docStride'],
  'fill-mask': ['mlmProbability', 'wholeWordMask'],
  'text-generation': ['packing', 'samplePrompt'],
};

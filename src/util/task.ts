// What a model can be trained to do, by the names of HuggingFace's pipelines.

export const TASKS = [
  'text-classification',
  'token-classification',
  'question-answering',
  'fill-mask',
  'text-generation',
] as const;

export type Task = (typeof TASKS)[number];

export const isTask = (value: unknown): value is Task => (TASKS as readonly unknown[]).includes(value);

/** Whether the model's head has one output for each label of the data. */
export const hasLabels = (task: Task): boolean => task === 'text-classification' || task === 'token-classification';

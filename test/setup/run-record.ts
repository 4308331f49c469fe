// A stored run of a text classifier, for tests of what keeps runs.

import type { RunId } from '#protocol/ids.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import type { RunRecord } from '#storage/schema.ts';

export function runRecord(runId: RunId, changes: Partial<RunRecord> = {}): RunRecord {
  return {
    runId,
    name: `Run ${runId}`,
    createdAt: 100,
    updatedAt: 100,
    state: { status: 'training' },
    step: 0,
    maxSteps: 40,
    activeMs: 0,
    setup: {
      name: 'x',
      task: 'text-classification',
      options: DEFAULT_TASK_OPTIONS,
      roles: { text: 'text', label: 'label' },
      validationFraction: 0.1,
      splitSeed: 42,
      maxLength: 128,
      trainingArguments: { learning_rate: 5e-5 },
    },
    labels: ['neg', 'pos'],
    problemType: 'single_label_classification',
    modelName: 'tiny-bert',
    dataName: 'train.csv',
    notices: [],
    ...changes,
  };
}

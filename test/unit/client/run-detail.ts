// A run to test with.

import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { CheckpointSummary, RunDetail, RunSummary } from '#protocol/messages.ts';
import type { RunProgress } from '#protocol/metrics.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';

export const RUN = 'run-1' as RunId;

export const SUMMARY: RunSummary = {
  runId: RUN,
  name: 'first',
  createdAt: 1000,
  updatedAt: 1000,
  state: { status: 'training' },
  step: 0,
  maxSteps: 10,
  modelName: 'tiny',
  dataName: 'rows.csv',
  bytes: 0,
  owner: 'this-tab',
};

export const DETAIL: RunDetail = {
  summary: SUMMARY,
  setup: {
    name: 'first',
    task: 'text-classification',
    options: DEFAULT_TASK_OPTIONS,
    roles: { text: 'text', label: 'label' },
    validationFraction: 0.1,
    splitSeed: 42,
    maxLength: 64,
    trainingArguments: {},
  },
  labels: ['no', 'yes'],
  problemType: 'single_label_classification',
  log: [{ step: 1, epoch: 0.1, loss: 0.7 }],
  measures: [],
  samples: [],
  parent: null,
  card: null,
  checkpoints: [],
  progress: null,
  resumeStep: null,
  notices: [],
  origin: { model: null, data: null },
};

export const progressAt = (step: number): RunProgress => ({
  step,
  maxSteps: 10,
  epoch: step / 10,
  numTrainEpochs: 1,
  sessionMs: step,
  activeMs: step,
  remainingMs: null,
  samplesPerSecond: null,
  gpuBytes: null,
  evaluation: null,
  recentLoss: null,
});

export const checkpointAt = (step: number, modelOnly = false): CheckpointSummary => ({
  checkpointId: `c${step}` as CheckpointId,
  name: `checkpoint-${step}`,
  step,
  epoch: step / 10,
  bytes: 5,
  savedAt: 2000,
  metrics: {},
  isBest: false,
  isLatest: true,
  modelOnly,
  isPinned: false,
});

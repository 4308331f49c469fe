// What the scripted worker tells: a model, data, and runs in each state.

import type { CheckpointId, DataId, ModelId, RunId, SweepId } from '#protocol/ids.ts';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import type {
  CheckpointSummary,
  DataExamination,
  DataSummary,
  DeviceProfile,
  ModelSummary,
  RunDetail,
  RunSample,
  RunSummary,
  ScoredExample,
  ViewedRow,
} from '#protocol/messages.ts';
import type { LogEntry, RunMeasure, RunProgress } from '#protocol/metrics.ts';
import type { RunState } from '#protocol/run-state.ts';
import type { SweepDetail } from '#protocol/sweep-messages.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';

const START = Date.UTC(2026, 10, 23, 9, 30);

export const DEVICE: DeviceProfile = {
  backend: 'webgpu',
  vendor: 'intel',
  architecture: 'gen-12lp',
  description: 'Intel(R) Iris(R) Xe Graphics',
  software: false,
  features: { shaderF16: true, subgroups: true, timestampQuery: false },
  maxBufferSize: 2147483648,
  maxStorageBufferBindingSize: 1073741824,
  notice: null,
};

export const MEMORY: MemoryPlan = {
  weights: 11_400_000,
  gradients: 11_400_000,
  optimizer: 22_700_000,
  activations: 61_300_000,
  logits: 1_200,
  training: 106_800_000,
  evaluation: 70_100_000,
  checkpoint: 104_000_000,
  peak: 106_800_000,
};

export const NO_WEBGPU: DeviceProfile = {
  ...DEVICE,
  backend: 'webgl',
  description: '',
  vendor: 'WebGL 2',
  architecture: '',
  maxBufferSize: null,
  maxStorageBufferBindingSize: null,
  notice: {
    cause: 'linux-flag',
    message: 'This browser keeps WebGPU behind a flag on Linux',
    fix: 'Open chrome://flags/#enable-unsafe-webgpu, switch it on and restart the browser. Until then training runs on WebGL, slower.',
  },
};

export const MODEL: ModelSummary = {
  modelId: 'model-1' as ModelId,
  name: 'atelier-tiny-bert',
  architecture: 'BertModel',
  modelType: 'bert',
  parameters: 2_843_136,
  hiddenSize: 192,
  layers: 4,
  vocabSize: 4000,
  maxPositions: 128,
  tasks: ['text-classification', 'token-classification', 'question-answering', 'fill-mask'],
  adapter: null,
  labels: [],
  dtypes: ['F16'],
  bytes: 5_700_000,
  newParameters: ['classifier.weight', 'classifier.bias'],
  notes: ['Pretrained by this project on generated sentences.'],
};

export const LABELS = ['joy', 'sadness', 'anger', 'fear'];

export const DATA: DataSummary = {
  dataId: 'data-1' as DataId,
  name: 'feelings.csv',
  archive: null,
  format: 'csv',
  rows: 1600,
  validationFile: null,
  validationRows: null,
  columns: [
    { name: 'id', kind: 'number', distinct: 1600, empty: 0, topValues: [], meanCharacters: 4 },
    { name: 'text', kind: 'text', distinct: 1598, empty: 0, topValues: [], meanCharacters: 61 },
    {
      name: 'label',
      kind: 'category',
      distinct: 4,
      empty: 0,
      topValues: LABELS.map((value, index) => ({ value, count: 500 - index * 60 })),
      meanCharacters: 5,
    },
  ],
  summarizedRows: 1600,
  preview: [
    [1, 'what a wonderful morning, everything works and the sun is out', 'joy'],
    [2, 'i waited all evening and nobody came', 'sadness'],
    [
      3,
      'they promised to call back and never did, for the third time this week, and now the deadline has passed',
      'anger',
    ],
    [4, 'there is someone at the window', 'fear'],
    [5, 'she laughed until she had to sit down', 'joy'],
  ],
  warnings: ['2 rows have the same text as another row.'],
};

export const EXAMINATION: DataExamination = {
  task: 'text-classification',
  problemType: 'single_label_classification',
  labels: LABELS,
  trainRows: 1440,
  trainExamples: 1440,
  validationRows: 160,
  trainCounts: [450, 396, 342, 252],
  validationCounts: [50, 44, 38, 28],
  lengths: {
    counted: 1440,
    bins: [3, 20, 90, 210, 300, 280, 220, 140, 80, 45, 25, 14, 8, 3, 1, 1].map((count, i) => ({
      from: i * 5,
      to: i * 5 + 4,
      count,
    })),
    percentile95: 52,
    percentile99: 63,
  },
  findings: {
    empty: { count: 0, examples: [] },
    duplicates: {
      count: 2,
      examples: [
        { where: 'feelings.csv:381', same: 'feelings.csv:12' },
        { where: 'feelings.csv:902', same: 'feelings.csv:433' },
      ],
    },
    inValidation: { count: 1, examples: [{ where: 'feelings.csv:12', same: 'feelings.csv:381' }] },
  },
  truncatedShare: 0.013,
  longest: 71,
  warnings: [],
};

const noise = (step: number): number => Math.sin(step * 12.9898) * 0.5;

export function entryAt(step: number): LogEntry {
  const lr = step < 27 ? (5e-4 * step) / 27 : (5e-4 * (270 - step)) / 243;
  const loss = 0.25 + 1.1 * Math.exp(-step / 60) + noise(step) * 0.12;
  return {
    step,
    epoch: step / 90,
    loss,
    grad_norm: 1 + 2 * Math.exp(-step / 90) + noise(step + 3) * 0.4,
    learning_rate: lr,
  };
}

export function evaluationAt(step: number): LogEntry {
  const good = 0.5 + 0.4 * (1 - Math.exp(-step / 90));
  const row = (rows: number, at: number) =>
    LABELS.map((_, index) => Math.round(index === at ? rows * good : (rows * (1 - good)) / 3));
  return {
    step,
    epoch: step / 90,
    eval_loss: 0.3 + 0.9 * Math.exp(-step / 70),
    eval_accuracy: good,
    eval_macro_f1: good - 0.012,
    eval_weighted_f1: good - 0.004,
    eval_macro_precision: good + 0.01,
    eval_macro_recall: good - 0.02,
    eval_confusion_matrix: [row(50, 0), row(44, 1), row(38, 2), row(28, 3)],
    eval_per_class_precision: [good + 0.05, good, good - 0.03, good - 0.06],
    eval_per_class_recall: [good + 0.02, good + 0.01, good - 0.02, good - 0.05],
    eval_per_class_f1: [good + 0.03, good, good - 0.025, good - 0.055],
    eval_runtime: 1.9,
    eval_samples_per_second: 84,
  };
}

/** How far the run of a scene is. `long` logs every step; it is there to measure what many points cost the page. */
export const stepsOf = (
  scene: string,
): { readonly step: number; readonly maxSteps: number; readonly every: number } => {
  if (scene === 'long') return { step: 100_000, maxSteps: 200_000, every: 1 };
  return { step: { completed: 270, paused: 120 }[scene] ?? 187, maxSteps: 270, every: 3 };
};

/** Whether the first step, or a step of the logging cadence. */
export const isLogged = (step: number, every: number): boolean => step === 1 || step % every === 0;

function logUntil(step: number, every: number): LogEntry[] {
  const log: LogEntry[] = [];
  for (let at = 1; at <= step; at++) {
    if (isLogged(at, every)) log.push(entryAt(at));
    if (at % 90 === 0 && at <= 270) log.push(evaluationAt(at));
  }
  return log;
}

const measuresUntil = (log: readonly LogEntry[]): RunMeasure[] =>
  log
    .filter((entry) => entry.loss !== undefined)
    .map(({ step: at, epoch }) => ({
      step: at,
      epoch,
      at: START + at * 400 + (at > 100 ? 3_600_000 : 0),
      activeMs: at * 400,
      lossScale: at > 60 ? 32768 : 65536,
      samplesPerSecond: 40 + Math.sin(at / 9),
      gpuBytes: 184_000_000 + (at > 90 ? 4_000_000 : 0),
    }));

const SAMPLE_TEXTS = ['what a wonderful day', 'i can not stand this', 'nobody called me back', 'who is at the door'];

const samplesUntil = (step: number): RunSample[] =>
  [90, 180, 270]
    .filter((end) => end <= step)
    .flatMap((at, round) =>
      SAMPLE_TEXTS.map((input, i) => ({
        step: at,
        input,
        expected: LABELS[i % LABELS.length]!,
        output: LABELS[round === 0 ? (i + 1) % LABELS.length : i % LABELS.length]!,
        probability: 0.4 + 0.15 * round,
      })),
    );

export const EXAMPLES: readonly ScoredExample[] = SAMPLE_TEXTS.map((text, row) => ({
  row,
  text,
  label: LABELS[row]!,
  predicted: LABELS[row === 1 ? 2 : row]!,
  probability: 0.62 + 0.1 * row,
  loss: row === 1 ? 2.31 : 0.2 * (row + 1),
}));

export const SWEEP: SweepDetail = {
  sweepId: 'sweep-1' as SweepId,
  name: 'feelings-sweep',
  createdAt: START,
  state: { status: 'stopped' },
  options: {
    space: { learning_rate: { low: 1e-5, high: 1e-3, log: true }, per_device_train_batch_size: [8, 16, 32] },
    nTrials: 6,
    sampler: 'tpe',
    pruner: 'median',
  },
  direction: 'minimize',
  objective: 'loss',
  modelName: MODEL.name,
  dataName: 'feelings.csv',
  trials: [2e-5, 8e-5, 3e-4, 9e-4, 1.4e-4].map((learning_rate, number) => ({
    number,
    params: { learning_rate, per_device_train_batch_size: [8, 16, 32][number % 3] },
    state: number === 3 ? ('pruned' as const) : ('complete' as const),
    value: 0.9 - 0.12 * number + (number === 4 ? 0.2 : 0),
    reports: [{ step: 90, value: 1 }],
    runId: number === 0 ? ('completed' as RunId) : null,
  })),
};

export function checkpointAt(step: number, latest: boolean, best: boolean): CheckpointSummary {
  const { eval_loss, eval_accuracy, eval_macro_f1 } = evaluationAt(step) as unknown as Record<string, number>;
  return {
    checkpointId: `checkpoint-${step}` as CheckpointId,
    name: `checkpoint-${step}`,
    step,
    epoch: step / 90,
    bytes: 34_120_000,
    savedAt: START + step * 400,
    metrics: { eval_loss: eval_loss ?? 0, eval_accuracy: eval_accuracy ?? 0, eval_macro_f1: eval_macro_f1 ?? 0 },
    isBest: best,
    isLatest: latest,
    modelOnly: false,
    isPinned: false,
  };
}

export function progressAt(step: number, maxSteps: number): RunProgress {
  return {
    step,
    maxSteps,
    epoch: step / 90,
    numTrainEpochs: 3,
    sessionMs: step * 400,
    activeMs: step * 400,
    remainingMs: step < 4 ? null : (maxSteps - step) * 400,
    samplesPerSecond: 41.3,
    gpuBytes: 184_000_000,
    evaluation: null,
    recentLoss: entryAt(step).loss as number,
  };
}

export function runInScene(scene: string, id: string): RunDetail {
  const { step, maxSteps, every } = stepsOf(scene);
  const log = logUntil(step, every);
  const ends = [90, 180, 270].filter((end) => end <= step);
  const checkpoints = ends.map((end, index) => checkpointAt(end, index === ends.length - 1, index === ends.length - 1));
  const summary: RunSummary = {
    runId: id as RunId,
    name: 'atelier-tiny-bert-feelings',
    createdAt: START,
    updatedAt: START + step * 400,
    state: stateIn(scene),
    step,
    maxSteps,
    modelName: MODEL.name,
    dataName: DATA.name,
    bytes: 68_240_000,
    owner: scene === 'other-tab' ? 'other-tab' : scene === 'paused' || scene === 'storage-full' ? 'this-tab' : 'none',
  };
  return {
    summary,
    setup: {
      name: summary.name,
      task: 'text-classification',
      options: DEFAULT_TASK_OPTIONS,
      roles: { text: 'text', label: 'label' },
      validationFraction: 0.1,
      splitSeed: 42,
      maxLength: 64,
      trainingArguments: {
        learning_rate: 5e-4,
        per_device_train_batch_size: 16,
        eval_strategy: 'epoch',
        save_strategy: 'epoch',
      },
    },
    labels: LABELS,
    problemType: 'single_label_classification',
    log,
    measures: measuresUntil(log),
    samples: samplesUntil(step),
    parent: null,
    card: null,
    checkpoints,
    progress: progressAt(step, maxSteps),
    resumeStep: checkpoints.at(-1)?.step ?? null,
    origin: { model: null, data: null },
    notices:
      scene === 'failed' ? [] : [{ at: START, step: 1, level: 'info', message: 'Compiled 41 kernels in 2.1 s.' }],
  };
}

function stateIn(scene: string): RunState {
  switch (scene) {
    case 'completed':
      return { status: 'completed' };
    case 'paused':
      return { status: 'paused', reason: 'user' };
    case 'other-tab':
      return { status: 'training' };
    case 'storage-full':
      return {
        status: 'paused',
        reason: 'storage-full',
        error: { code: 'E-STORAGE-FULL', message: 'Saving checkpoint-187 (34 MB) did not fit.' },
      };
    case 'failed':
      return {
        status: 'failed',
        error: {
          code: 'E-GPU-LOST',
          message: 'The browser took the GPU back.',
          where: 'step 187',
          hint: 'Close other tabs that use the GPU, then resume.',
          safe: 'checkpoint-180 is stored; 7 steps will be repeated.',
        },
      };
    default:
      return { status: 'interrupted' };
  }
}

export function viewedRow(index: number): ViewedRow {
  const [, text, label] = DATA.preview[index % DATA.preview.length]!;
  const words = String(text).replace(/,/g, ' ,').split(' ');
  const shown = words.slice(0, 14);
  return {
    index,
    rows: EXAMINATION.trainRows,
    where: `feelings.csv:${index + 2}`,
    preview: {
      text: String(text),
      textPair: null,
      label: String(label),
      tokens: ['[CLS]', ...shown, '[SEP]'],
      ids: [2, ...shown.map((_, i) => 100 + i), 3],
      targets: null,
      truncated: words.length - shown.length,
      cutTokens: words.slice(14),
    },
  };
}

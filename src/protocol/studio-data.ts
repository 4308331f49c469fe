// What page and worker tell each other about: models, data, runs, checkpoints. Plain structured-clone data only.

import type { Task } from '#util/task.ts';
import type { HubRevision } from './hub-messages.ts';
import type { CheckpointId, DataId, ModelId, RunId } from './ids.ts';
import type { LoraConfig } from './lora-config.ts';
import type { MemoryPlan } from './memory-plan.ts';
import type { LogEntry, RunMeasure, RunProgress } from './metrics.ts';
import type { RunState } from './run-state.ts';
import type { TaskOptions } from './task-options.ts';
import type { ColumnRoles } from './task-roles.ts';

/** A file with the path it had inside the dropped folder or zip (`model/config.json`), or its bare name. */
export interface NamedFile {
  readonly path: string;
  readonly file: Blob;
}

/** A `hub` source was downloaded before (`hub/download`): opening it asks nothing of the network. */
export type ModelSource =
  | { readonly kind: 'sample' }
  | ({ readonly kind: 'hub' } & HubRevision)
  | { readonly kind: 'files'; readonly files: readonly NamedFile[] };

/** A split is a list of files: one, or its shards. Of a `hub` source these are paths in the repository. */
export type DataSource =
  | { readonly kind: 'sample' }
  | ({ readonly kind: 'hub' } & SplitsOf<string> & HubRevision & ReadAs)
  | ({ readonly kind: 'files' } & SplitsOf<NamedFile> & ReadAs);

interface SplitsOf<F> {
  readonly train: readonly F[];
  readonly validation?: readonly F[] | undefined;
}

interface ReadAs {
  readonly reading?: Reading | undefined;
  /** Of a zip archive: which of its splits are taken, where their names do not tell or a person wants others. */
  readonly entries?: { readonly train: string; readonly validation: string | null } | undefined;
}

/** What the engine found of the device, for people. `backend` is what will train. */
export interface DeviceProfile {
  readonly backend: 'webgpu' | 'webgl' | 'cpu';
  /** Vendor, architecture and description as the adapter tells them; empty strings where it does not. */
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** The adapter is a software emulation: right, but slow. */
  readonly software: boolean;
  readonly features: { readonly shaderF16: boolean; readonly subgroups: boolean; readonly timestampQuery: boolean };
  /** Bytes. */
  readonly maxBufferSize: number | null;
  readonly maxStorageBufferBindingSize: number | null;
  /** Why WebGPU is not used, and how to mend it; null with WebGPU. */
  readonly notice: {
    readonly cause: 'old-browser' | 'blocked-gpu' | 'insecure-context' | 'linux-flag' | 'device-request-failed';
    readonly message: string;
    readonly fix: string;
  } | null;
}

export interface ModelSummary {
  readonly modelId: ModelId;
  readonly name: string;
  /** `BertForSequenceClassification`, `BertModel`, … as config.json names it. */
  readonly architecture: string;
  readonly modelType: string;
  readonly parameters: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  /** What the model can be trained for, the most likely first. */
  readonly tasks: readonly Task[];
  /** Of an adapter that lies beside the weights; null: there is none. */
  readonly adapter: LoraConfig | null;
  /** Labels in index order when the config names them, else empty. */
  readonly labels: readonly string[];
  /** Weight dtypes found: F32, F16, BF16. */
  readonly dtypes: readonly string[];
  /** Bytes of the weight files. */
  readonly bytes: number;
  /** Parameters that the files lack and that start fresh, such as a new classifier. */
  readonly newParameters: readonly string[];
  /** Things worth knowing that do not stop training. */
  readonly notes: readonly string[];
}

export type CellValue = string | number | boolean | null;

export interface ColumnSummary {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'category' | 'list' | 'empty';
  /** Up to 10,000. */
  readonly distinct: number;
  readonly empty: number;
  /** Up to 20 most frequent values with their counts, for columns that could be labels. */
  readonly topValues: readonly { readonly value: string; readonly count: number }[];
  readonly meanCharacters: number;
}

/** How files are read, where a person decided it. */
export interface Reading {
  /** Of TextDecoder. Undefined: UTF-8, or UTF-16 by its mark. */
  readonly encoding?: string | undefined;
  /** Of delimited files: quotes are ordinary characters. */
  readonly quotesAsText?: boolean | undefined;
  /** Rows that can not be read are left out; else the first of them is an error. */
  readonly skipBadRows?: boolean | undefined;
}

export interface DataSummary {
  readonly dataId: DataId;
  readonly name: string;
  /** Names of all splits in a zip archive, and those that were taken; null for other files. */
  readonly archive: {
    /** How many data files these are. */
    readonly files: number;
    readonly splits: readonly string[];
    readonly train: string;
    readonly validation: string | null;
  } | null;
  readonly format: 'csv' | 'tsv' | 'jsonl' | 'json' | 'conll' | 'txt' | 'parquet';
  readonly rows: number;
  /** What errors and their fixes call the validation file; null: there is none. */
  readonly validationFile: string | null;
  readonly validationRows: number | null;
  readonly columns: readonly ColumnSummary[];
  /** Rows that the columns were judged by: all, but of Parquet the first ones. */
  readonly summarizedRows: number;
  /** The first rows of the training file, in column order. */
  readonly preview: readonly (readonly CellValue[])[];
  readonly warnings: readonly string[];
}

export type ProblemType = 'single_label_classification' | 'multi_label_classification' | 'regression';

/** Rows that are not used: those that can not be, or what `DataFindings` found. */
export type LeftOut = 'bad' | 'empty' | 'duplicates' | 'in-validation';

/** Which model, data and columns: what can be examined before any argument is known. */
export interface TaskSetup {
  readonly modelId: ModelId;
  readonly dataId: DataId;
  readonly task: Task;
  readonly options: TaskOptions;
  /** Train a low-rank adapter in place of the weights; null or absent: the weights. */
  readonly peft?: LoraConfig | null | undefined;
  readonly roles: ColumnRoles;
  /** Columns that are called otherwise in the validation file. */
  readonly validationRoles?: ColumnRoles | undefined;
  /** Default none. */
  readonly leaveOut?: readonly LeftOut[] | undefined;
  /** Hold out the same share of every label. Default false. */
  readonly stratify?: boolean | undefined;
  /** Share of rows held out when there is no validation file, in [0, 1); 0 means none. */
  readonly validationFraction: number;
  readonly splitSeed: number;
  readonly maxLength: number;
  /** Of text classification. Undefined: told from the label column as HF does (floats → regression, lists → multi-label). */
  readonly problemType?: ProblemType | undefined;
}

/** Rows of one kind that were found, with a few of them. */
export interface RowFinding {
  readonly count: number;
  /** `train.csv:12`, and the row it is the same as. */
  readonly examples: readonly { readonly where: string; readonly same: string | null }[];
}

/** What is odd about the rows of the training part. */
export interface DataFindings {
  readonly empty: RowFinding;
  /** The same text as an earlier row. */
  readonly duplicates: RowFinding;
  /** The same text as a row of validation. */
  readonly inValidation: RowFinding;
}

/** How long rows are in tokens, uncut. */
export interface TokenLengths {
  /** Rows that were counted, of all training rows. */
  readonly counted: number;
  /** Rows with `from` to `to` tokens. */
  readonly bins: readonly { readonly from: number; readonly to: number; readonly count: number }[];
  /** So long are 95 and 99 % of the rows at most. */
  readonly percentile95: number;
  readonly percentile99: number;
}

export type DataPart = 'train' | 'validation';

/** A row as the model will see it. */
export interface ViewedRow {
  /** From 0 to `rows` − 1. */
  readonly index: number;
  readonly rows: number;
  /** `train.csv:12`. */
  readonly where: string;
  readonly preview: TokenPreview;
}

/** A tokenized file that is kept, so that it need not be tokenized again. */
export interface KeptFeatures {
  readonly key: string;
  /** Name of the file. */
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

export interface TokenPreview {
  readonly text: string;
  readonly textPair: string | null;
  readonly label: string;
  /** What the model will see, special tokens included. */
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
  /**
   * What each token is trained for: its tag, a part of the answer, or simply counted; null where it counts for nothing.
   * Null where tokens have no targets of their own.
   */
  readonly targets: readonly (string | null)[] | null;
  /** How many tokens truncation cut off. */
  readonly truncated: number;
  /** Some of those tokens. */
  readonly cutTokens: readonly string[];
}

export interface DataExamination {
  readonly task: Task;
  readonly problemType: ProblemType;
  readonly labels: readonly string[];
  readonly trainRows: number;
  readonly validationRows: number;
  /** What the rows come to in examples; estimated from a sample where one is not the other. */
  readonly trainExamples: number;
  /** Rows (words, for tags) per label in training and validation, in the order of `labels`; empty without labels. */
  readonly trainCounts: readonly number[];
  readonly validationCounts: readonly number[];
  readonly lengths: TokenLengths;
  readonly findings: DataFindings;
  /** Share of the counted rows that truncation cuts, and their longest length in tokens. */
  readonly truncatedShare: number;
  readonly longest: number;
  readonly warnings: readonly string[];
}

/** Everything a run needs to begin. `trainingArguments` in HF's snake_case; unset fields take HF's defaults. */
export interface RunSetup extends TaskSetup {
  readonly name: string;
  readonly trainingArguments: Readonly<Record<string, unknown>>;
  /** Stop when the metric for the best model has not improved for `patience` evaluations; null or absent: never. */
  readonly earlyStopping?: EarlyStopping | null | undefined;
}

/** HF's EarlyStoppingCallback. */
export interface EarlyStopping {
  readonly patience: number;
  /** Improvements up to this size do not count. */
  readonly threshold: number;
}

/** What Start will do, in numbers. */
export interface RunPlan {
  readonly maxSteps: number;
  readonly stepsPerEpoch: number;
  readonly numTrainEpochs: number;
  readonly warmupSteps: number;
  readonly evaluations: number;
  readonly saves: number;
  readonly checkpointBytes: number;
  /** The learning rate, from the first step to the last, evenly spaced; where it follows a metric, its start. */
  readonly rates: readonly number[];
  /** Steps at which the strategies evaluate and save, at most 100 of each. */
  readonly evaluationSteps: readonly number[];
  readonly saveSteps: readonly number[];
  /** Null without WebGPU. */
  readonly memory: MemoryPlan | null;
  readonly warnings: readonly string[];
}

/** By a few real steps on this device. */
export interface RunMeasurement {
  readonly steps: number;
  readonly stepMs: number;
  /** Of one evaluation, estimated from the steps; 0 where nothing is evaluated. */
  readonly evaluationMs: number;
}

export interface CheckpointSummary {
  readonly checkpointId: CheckpointId;
  /** `checkpoint-40`, or `final`. */
  readonly name: string;
  readonly step: number;
  readonly epoch: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** Evaluation metrics at that step, if evaluated. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly isBest: boolean;
  readonly isLatest: boolean;
  /** Weights only: can be tried and downloaded, not resumed. */
  readonly modelOnly: boolean;
  /** The rotation of save_total_limit leaves it alone. */
  readonly isPinned: boolean;
}

export interface RunSummary {
  readonly runId: RunId;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly state: RunState;
  readonly step: number;
  readonly maxSteps: number;
  readonly modelName: string;
  readonly dataName: string;
  /** Bytes of its checkpoints. */
  readonly bytes: number;
  /** This very tab trains it; another tab does; or nobody. */
  readonly owner: 'this-tab' | 'other-tab' | 'none';
}

export interface RunDetail {
  readonly summary: RunSummary;
  readonly setup: Omit<RunSetup, 'modelId' | 'dataId'>;
  readonly labels: readonly string[];
  readonly problemType: ProblemType;
  readonly log: readonly LogEntry[];
  readonly measures: readonly RunMeasure[];
  readonly checkpoints: readonly CheckpointSummary[];
  readonly progress: RunProgress | null;
  /** Where `run/resume` would go on; null when nothing was saved. */
  readonly resumeStep: number | null;
  readonly notices: readonly RunNotice[];
  readonly origin: RunOrigin;
  readonly samples: readonly RunSample[];
  /** Null: it began by itself. */
  readonly parent: RunParent | null;
  readonly card: ModelCardTexts | null;
}

/** What the model makes of a fixed row, or of the sample prompt, at one evaluation. */
export interface RunSample {
  readonly step: number;
  /** The row's text, or the prompt. The same at every evaluation. */
  readonly input: string;
  /** What would be right; '' where nothing is. */
  readonly expected: string;
  readonly output: string;
  /** Of the output; null where it has none. */
  readonly probability: number | null;
}

/** A validation row under a checkpoint. */
export interface ScoredExample {
  /** From 0, in the order of the validation data. */
  readonly row: number;
  readonly text: string;
  /** '' where rows have none. */
  readonly label: string;
  readonly predicted: string;
  readonly probability: number | null;
  readonly loss: number;
}

/** A row of the training data that a step learned from. */
export interface BatchRow {
  /** From 0, in the order of the training data. */
  readonly row: number;
  readonly text: string;
  readonly label: string;
}

/** What a person adds to the generated model card, by HF's headings; '' leaves "More information needed". */
export interface ModelCardTexts {
  readonly description: string;
  readonly intendedUses: string;
  readonly trainingData: string;
  /** An identifier such as apache-2.0. */
  readonly license: string;
}

/** Where a fork came from. */
export interface RunParent {
  readonly runId: RunId;
  readonly step: number;
}

/** A request that the engine made of a network. */
export interface NetworkRequest {
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** That came; 0 where the other side does not let it be told. */
  readonly bytes: number;
}

export interface RunUsage {
  readonly runId: RunId;
  readonly name: string;
  readonly modelName: string;
  readonly dataName: string;
  /** Bytes. */
  readonly checkpoints: number;
  readonly model: number;
  readonly data: number;
}

/** Which commits of the Hub the model and the data are; null for what came from elsewhere. */
export interface RunOrigin {
  readonly model: HubRevision | null;
  readonly data: HubRevision | null;
}

/** What a mark on the charts can stand for. */
export type RunEventKind = 'save' | 'best' | 'resume' | 'change' | 'pause' | 'not-finite' | 'skipped' | 'device-lost';

/** Something worth showing on the run's page and in its log. */
export interface RunNotice {
  /** Of those that are marked on the charts. */
  readonly kind?: RunEventKind | undefined;
  readonly at: number;
  readonly step: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
}

/** What a checkpoint makes of a typed text. */
export type Prediction =
  | {
      readonly kind: 'labels';
      /** Per label, in label order: probability; for regression the raw value(s). */
      readonly scores: readonly number[];
      readonly labels: readonly string[];
      readonly tokens: readonly string[];
    }
  /** The words of the text, each with its likeliest tag. */
  | { readonly kind: 'tags'; readonly words: readonly (Scored & { readonly word: string })[] }
  /** Spans of the context, the likeliest first; their probabilities are among each other. */
  | { readonly kind: 'answers'; readonly answers: readonly Scored[] }
  /** The likeliest tokens for each gap, in the order of the text. */
  | { readonly kind: 'gaps'; readonly gaps: readonly (readonly Scored[])[] };

/** How a text is written; transformers' names and defaults, but that it ends after 128 tokens. */
export interface GenerationSettings {
  readonly maxNewTokens: number;
  /** Null: always the likeliest token. Else above 0. */
  readonly temperature: number | null;
  /** 0: all tokens. */
  readonly topK: number;
  /** In (0, 1]. */
  readonly topP: number;
  /** 1: none. */
  readonly repetitionPenalty: number;
  readonly seed: number;
}

export interface Scored {
  readonly label: string;
  /** Probability. */
  readonly score: number;
}

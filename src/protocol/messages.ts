// Everything that crosses between the page and the worker: requests with their results, and events; what they tell of is
// in `studio-data.ts`. Tensors never cross.

import type { WireError } from './errors.ts';
import type { HubConnection, HubProgressEvent, HubRequests } from './hub-messages.ts';
import type { CheckpointId, RunId } from './ids.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { LogEntry, RunMeasure, RunProgress } from './metrics.ts';
import type { RunState } from './run-state.ts';
import type {
  BatchRow,
  CheckpointSummary,
  DataExamination,
  DataPart,
  DataSource,
  DataSummary,
  DeviceProfile,
  GenerationSettings,
  KeptFeatures,
  ModelCardTexts,
  ModelSource,
  ModelSummary,
  NetworkRequest,
  Prediction,
  RunDetail,
  RunMeasurement,
  RunNotice,
  RunPlan,
  RunSample,
  RunSetup,
  RunSummary,
  RunUsage,
  ScoredExample,
  TaskSetup,
  ViewedRow,
} from './studio-data.ts';
import type { SweepEvent, SweepRequests } from './sweep-messages.ts';

export type * from './studio-data.ts';

/** Every request with its parameters and result. */
export interface Requests extends HubRequests, SweepRequests {
  'device/profile': { params: Record<never, never>; result: DeviceProfile };
  'model/open': { params: { source: ModelSource }; result: ModelSummary };
  /** `jobId`: under which `data/progress` is told, and `data/cancel` ends it with an E-CANCELLED error. */
  'data/open': { params: { jobId: string; source: DataSource }; result: DataSummary };
  'data/examine': { params: { jobId: string; task: TaskSetup }; result: DataExamination };
  'data/cancel': { params: { jobId: string }; result: Record<never, never> };
  /** One row; with `search` the next one from `index` on, or before it, whose text holds it: null when there is none. */
  'data/view-row': {
    params: {
      task: TaskSetup;
      part: DataPart;
      index: number;
      search?: { readonly text: string; readonly backwards: boolean } | undefined;
    };
    result: ViewedRow | null;
  };
  /** Tokenized files that are kept, the latest used first. */
  'features/list': { params: Record<never, never>; result: readonly KeptFeatures[] };
  'features/delete': { params: { key: string }; result: Record<never, never> };
  'run/plan': { params: { setup: RunSetup }; result: RunPlan };
  /** Trains a few steps of it that are not kept. */
  'run/measure': { params: { setup: RunSetup }; result: RunMeasurement };
  /** `hub`: for push_to_hub. It is kept in memory for as long as the run trains. */
  'run/start': {
    params: { setup: RunSetup; hub?: HubConnection | undefined; jobId?: string | undefined };
    result: { runId: RunId };
  };
  /** From the given checkpoint, else the latest, else (nothing saved) from the beginning. */
  'run/resume': {
    params: {
      runId: RunId;
      checkpointId?: CheckpointId | undefined;
      /** Arguments that are others from here on, by HF's names. */
      changes?: Readonly<Record<string, unknown>> | undefined;
      /** As for 'run/start'. */
      hub?: HubConnection | undefined;
    };
    result: { step: number };
  };
  'run/pause': { params: { runId: RunId }; result: Record<never, never> };
  'run/continue': { params: { runId: RunId }; result: Record<never, never> };
  'run/stop': { params: { runId: RunId; save: boolean }; result: Record<never, never> };
  'run/save-now': { params: { runId: RunId }; result: Record<never, never> };
  'run/evaluate-now': { params: { runId: RunId }; result: Record<never, never> };
  /**
   * Times the kernels of the run's next updates, which takes as long as they do; an evaluation comes before them where it
   * is due. The run is not changed. Not while it is paused, and not on a device without timestamps.
   */
  'run/profile': { params: { runId: RunId; updates: number }; result: KernelProfile };
  /** Other values of arguments that may change while the run trains (`hot-arguments.ts`), from the next step on. */
  'run/change': { params: { runId: RunId; changes: Readonly<Record<string, unknown>> }; result: Record<never, never> };
  /** What a step learned from; the data are read again where the run is not in training. */
  'run/batch': { params: { runId: RunId; step: number }; result: readonly BatchRow[] };
  /** Validation rows with their loss under a checkpoint: all, or evenly spaced ones where there are many. */
  'checkpoint/examples': {
    params: { runId: RunId; checkpointId: CheckpointId };
    result: { examples: readonly ScoredExample[]; total: number };
  };
  /** Another name, or other texts for the model card. */
  'run/update': {
    params: { runId: RunId; name?: string; card?: ModelCardTexts };
    result: Record<never, never>;
  };
  /** A run of its own that goes on from a checkpoint; `run/resume` starts it, with what is to be changed. */
  'run/fork': { params: { runId: RunId; checkpointId: CheckpointId; name: string }; result: { runId: RunId } };
  /** The whole run as one file: log, model, data, checkpoints. As `checkpoint/export`. */
  'run/backup': {
    params: { runId: RunId; target: FileSystemFileHandle | null };
    result: { file: Blob | null; fileName: string; bytes: number };
  };
  /** Puts a backup back; one of a run that is still here becomes a run of its own. */
  'run/restore': { params: { file: Blob }; result: { runId: RunId } };
  /** README.md of a checkpoint, as it leaves this browser. */
  'checkpoint/card': { params: { runId: RunId; checkpointId: CheckpointId }; result: { text: string } };
  'checkpoint/pin': {
    params: { runId: RunId; checkpointId: CheckpointId; pinned: boolean };
    result: Record<never, never>;
  };
  /** Bytes that each run takes, by what they are. */
  'storage/runs': { params: Record<never, never>; result: readonly RunUsage[] };
  'run/list': { params: Record<never, never>; result: readonly RunSummary[] };
  'run/open': { params: { runId: RunId }; result: RunDetail };
  'run/delete': { params: { runId: RunId }; result: Record<never, never> };
  'checkpoint/delete': { params: { runId: RunId; checkpointId: CheckpointId }; result: Record<never, never> };
  /**
   * Writes the checkpoint as a zip holding a HuggingFace folder. With `target` (a FileSystemFileHandle) it is
   * streamed there and `file` is null; without, `file` is a disk-backed File to be offered as a download.
   */
  'checkpoint/export': {
    params: {
      runId: RunId;
      checkpointId: CheckpointId;
      target: FileSystemFileHandle | null;
      /** Of an adapter: the whole model with the adapter worked in, in place of the adapter alone. */
      merged?: boolean;
    };
    result: { file: Blob | null; fileName: string; bytes: number };
  };
  /** The same HuggingFace folder, as files of a folder on this computer. */
  'checkpoint/save-to-folder': {
    params: { runId: RunId; checkpointId: CheckpointId; folder: FileSystemDirectoryHandle };
    result: { bytes: number };
  };
  /** As `checkpoint/export`: the zip holds the checkpoint, the data and a train.py with which the run goes on in Python. */
  'checkpoint/continue-elsewhere': {
    params: { runId: RunId; checkpointId: CheckpointId; target: FileSystemFileHandle | null };
    result: { file: Blob | null; fileName: string; bytes: number };
  };
  /**
   * Text and pair, by the task: words, a question and its context, or a text with `___` for each gap. Not for text
   * generation. Without a checkpoint: the model as the run began with it.
   */
  'checkpoint/predict': {
    params: {
      runId: RunId;
      checkpointId: CheckpointId | null;
      inputs: readonly { text: string; textPair?: string | undefined }[];
    };
    result: readonly Prediction[];
  };
  /**
   * Lets the checkpoint, or without one the model as the run began with it, go on from a prompt; its text comes in
   * `GenerationEvent`s too while it is written.
   */
  'checkpoint/generate': {
    params: {
      runId: RunId;
      checkpointId: CheckpointId | null;
      generationId: string;
      prompt: string;
      /** The prompt is what the user says in a chat. */
      isChat: boolean;
      settings: GenerationSettings;
    };
    result: { text: string; tokens: number; milliseconds: number };
  };
  'checkpoint/stop-generating': { params: { generationId: string }; result: Record<never, never> };
  /** Since the page was opened, the latest 1,000. */
  'network/requests': { params: Record<never, never>; result: readonly NetworkRequest[] };
  /** Whether the engine may ask anything of the network. It may unless told otherwise. */
  'network/allow': { params: { allowed: boolean }; result: Record<never, never> };
  'storage/estimate': { params: Record<never, never>; result: { usage: number; quota: number; persisted: boolean } };
}

/** How far the reading, examining or tokenizing of data is; comes from the worker a few times a second. */
export interface DataProgressEvent {
  readonly type: 'data/progress';
  readonly jobId: string;
  /** `reading` counts bytes, the others rows. */
  readonly phase: 'reading' | 'examining' | 'tokenizing';
  readonly done: number;
  readonly total: number;
}

export type RequestType = keyof Requests;

/** Page → worker. */
export type WorkerCommand = {
  [T in RequestType]: { readonly type: T; readonly requestId: number; readonly params: Requests[T]['params'] };
}[RequestType];

/** What a run tells while it goes; also broadcast to other tabs, which watch. */
export type RunEvent =
  | { readonly type: 'run/state'; readonly runId: RunId; readonly state: RunState }
  | { readonly type: 'run/progress'; readonly runId: RunId; readonly progress: RunProgress }
  | { readonly type: 'run/log'; readonly runId: RunId; readonly entries: readonly LogEntry[] }
  | { readonly type: 'run/measures'; readonly runId: RunId; readonly measures: readonly RunMeasure[] }
  | { readonly type: 'run/checkpoints'; readonly runId: RunId; readonly checkpoints: readonly CheckpointSummary[] }
  | { readonly type: 'run/samples'; readonly runId: RunId; readonly samples: readonly RunSample[] }
  | { readonly type: 'run/notice'; readonly runId: RunId; readonly notice: RunNotice };

/** A text that is being written, as far as it is. */
export interface GenerationEvent {
  readonly type: 'generation';
  readonly generationId: string;
  readonly text: string;
}

/** Worker → page. */
export type WorkerEvent =
  | { readonly type: 'response'; readonly requestId: number; readonly ok: true; readonly result: unknown }
  | { readonly type: 'response'; readonly requestId: number; readonly ok: false; readonly error: WireError }
  | HubProgressEvent
  | DataProgressEvent
  | GenerationEvent
  | SweepEvent
  | RunEvent;

/** A run event on its way to other tabs. The tab it came from hears it too, perhaps late, and knows it by `from`. */
export interface BroadcastRunEvent {
  /** Name of the worker that sent it. */
  readonly from: string;
  readonly event: RunEvent;
}

/** Name of the BroadcastChannel that carries `BroadcastRunEvent`s to other tabs. */
export const RUN_CHANNEL = 'atelier-run-events';

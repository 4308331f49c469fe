// The layout of the browser's database: its stores, their version, and the steps that bring an older one up to date.
// A migration, once released, is never changed; a new layout gets a new one at the end of the list.

import type { DBSchema, IDBPDatabase } from 'idb';
import type { HubDownloadFile, HubRepo } from '#protocol/hub-messages.ts';
import type { CheckpointId, DownloadId, RunId, SweepId } from '#protocol/ids.ts';
import type {
  ModelCardTexts,
  ProblemType,
  Reading,
  RunNotice,
  RunOrigin,
  RunParent,
  RunSample,
  RunSetup,
} from '#protocol/messages.ts';
import type { LogEntry, RunMeasure } from '#protocol/metrics.ts';
import type { RunState } from '#protocol/run-state.ts';
import type { SweepOptions, SweepSearch, SweepState } from '#protocol/sweep-messages.ts';
import type { CheckpointManifest } from './checkpoint-store.ts';

export const DATABASE_NAME = 'atelier';
export const SCHEMA_VERSION = 5;

/** What is kept of a run besides its log, assets and checkpoints. */
export interface RunRecord {
  readonly runId: RunId;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly state: RunState;
  readonly step: number;
  readonly maxSteps: number;
  /** Milliseconds of training in all sessions. */
  readonly activeMs: number;
  readonly setup: Omit<RunSetup, 'modelId' | 'dataId'>;
  readonly labels: readonly string[];
  readonly problemType: ProblemType;
  readonly modelName: string;
  readonly dataName: string;
  readonly notices: readonly RunNotice[];
  /** Runs of version 1 have none: there was no Hub. */
  readonly origin?: RunOrigin;
  /** How the data is read. Runs of versions 1 to 3 have none: there was no choice. */
  readonly reading?: Reading;
  readonly samples?: readonly RunSample[];
  /** Of a fork. */
  readonly parent?: RunParent;
  /** What a person wrote into the model card. */
  readonly card?: ModelCardTexts;
  /** Its parts are being copied here. Whoever ends in the middle leaves a run that nobody sees and the next start deletes. */
  readonly incomplete?: true;
}

/** What is kept of a sweep. */
export interface SweepRecord {
  readonly sweepId: SweepId;
  readonly name: string;
  readonly createdAt: number;
  readonly state: SweepState;
  readonly options: SweepOptions;
  readonly setup: Omit<RunSetup, 'modelId' | 'dataId'>;
  readonly modelName: string;
  readonly dataName: string;
  /** Its settings and trials, as the search goes on from them; null until the first. */
  readonly search: SweepSearch | null;
  /** Runs by the number of their trial. */
  readonly runIds: Readonly<Record<number, RunId>>;
}

/** Log entries that were appended together. */
export interface LogBatch {
  readonly runId: RunId;
  readonly entries: readonly LogEntry[];
  /** Batches of earlier versions have none. */
  readonly measures?: readonly RunMeasure[];
}

/** A file that a run needs to be resumed: of the model, the tokenizer or the data. */
export interface AssetRecord {
  readonly runId: RunId;
  readonly path: string;
  readonly blob: Blob;
}

/** A file of a download and how far it has come. Its pieces have the numbers below `pieces`. */
export interface DownloadFileRecord extends HubDownloadFile {
  readonly pieces: number;
}

/** What is kept of a repository of the Hub at one commit. */
export interface DownloadRecord {
  readonly downloadId: DownloadId;
  readonly repo: HubRepo;
  readonly revision: string;
  readonly files: readonly DownloadFileRecord[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

interface TileRecord {
  readonly rows: number;
  readonly columns: number;
  readonly rowsOfThread: number;
}

/** How matrix products are cut on a device. */
export interface TuningRecord {
  readonly small: TileRecord;
  readonly large: TileRecord;
}

/** What is kept of a tokenized file. */
export interface FeatureSetRecord {
  readonly key: string;
  /** Name of the file. */
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  readonly pieces: number;
}

export interface AtelierSchema extends DBSchema {
  runs: { key: RunId; value: RunRecord };
  /** Keys count up, so that order of keys is order of appending. */
  log: { key: number; value: LogBatch; indexes: { runId: RunId } };
  assets: { key: [RunId, string]; value: AssetRecord };
  checkpoints: { key: [RunId, CheckpointId]; value: CheckpointManifest };
  checkpointFiles: { key: [RunId, CheckpointId, string]; value: string };
  /** Bytes of tensor number n (in the manifest's list) in pieces of RECORD_BYTES: run, checkpoint, n, piece. */
  tensorRecords: { key: [RunId, CheckpointId, number, number]; value: Uint8Array<ArrayBuffer> };
  sweeps: { key: SweepId; value: SweepRecord };
  /** By adapter and browser. */
  tuning: { key: string; value: TuningRecord };
  downloads: { key: DownloadId; value: DownloadRecord };
  /** Consecutive parts of a downloaded file: download, path, number. */
  downloadPieces: { key: [DownloadId, string, number]; value: Blob };
  featureSets: { key: string; value: FeatureSetRecord };
  featurePieces: { key: [string, number]; value: unknown };
}

export type Database = IDBPDatabase<AtelierSchema>;

/** Step i brings a database from version i to i + 1. It sees stores by name, as they were then. */
export type Migration = (database: IDBDatabase, transaction: IDBTransaction) => void;

export const MIGRATIONS: readonly Migration[] = [
  (database) => {
    database.createObjectStore('runs', { keyPath: 'runId' });
    database.createObjectStore('log', { autoIncrement: true }).createIndex('runId', 'runId');
    database.createObjectStore('assets', { keyPath: ['runId', 'path'] });
    database.createObjectStore('checkpoints', { keyPath: ['runId', 'checkpointId'] });
    database.createObjectStore('checkpointFiles');
    database.createObjectStore('tensorRecords');
  },
  (database) => {
    database.createObjectStore('downloads', { keyPath: 'downloadId' });
    database.createObjectStore('downloadPieces');
  },
  (database) => {
    database.createObjectStore('sweeps', { keyPath: 'sweepId' });
  },
  (database) => {
    database.createObjectStore('tuning');
  },
  (database) => {
    database.createObjectStore('featureSets', { keyPath: 'key' });
    database.createObjectStore('featurePieces');
  },
];

/** Everything whose key begins with these parts. */
export function keysUnder(...parts: readonly string[]): IDBKeyRange {
  // In the order of keys an array comes after all strings and numbers.
  return IDBKeyRange.bound([...parts], [...parts, []]);
}

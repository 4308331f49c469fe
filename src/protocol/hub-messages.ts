// What page and worker say to each other about the HuggingFace Hub: requests, their results, and progress. Nothing is
// asked of the Hub unless one of these requests is made.

import type { CheckpointId, DownloadId, RunId } from './ids.ts';

export const HUB_ENDPOINT = 'https://huggingface.co';

/** Where the Hub is and who asks. The token lives in the page's memory and is never stored, exported or logged. */
export interface HubConnection {
  /** `https://huggingface.co`, or a mirror that answers as it does; without a slash at the end. */
  readonly endpoint: string;
  /** `hf_…`; null asks as nobody. */
  readonly token: string | null;
}

export type HubRepoKind = 'model' | 'dataset';

export interface HubRepo {
  readonly kind: HubRepoKind;
  /** `owner/name`; old repositories have no owner. */
  readonly name: string;
}

/** A repository as it was at one commit: what a run, its record and its model card name. */
export interface HubRevision {
  readonly repo: string;
  /** Sha of the commit, 40 hexadecimal digits. */
  readonly revision: string;
}

export interface HubFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Git's name of the blob: SHA-1 of its header and content. For files in LFS that of the pointer. */
  readonly oid: string;
  /** Of the content, for files in LFS; null where the Hub gives none. */
  readonly sha256: string | null;
}

export interface HubSearchHit {
  readonly name: string;
  /** What the Hub says it is for, such as `fill-mask`; null where it does not. */
  readonly task: string | null;
  readonly downloads: number;
  readonly likes: number;
  readonly gated: boolean;
  readonly private: boolean;
}

export interface HubRepoInfo {
  readonly repo: HubRepo;
  readonly revision: string;
  readonly gated: boolean;
  readonly private: boolean;
  /** Only what training can use: of a model all are needed, of a data set a person chooses. */
  readonly files: readonly HubFile[];
}

export interface HubDownloadFile extends HubFile {
  /** Bytes that are stored. */
  readonly storedBytes: number;
  /** All bytes are stored and their hash is the Hub's. */
  readonly verified: boolean;
}

/** A repository, or some of its files, in this browser. */
export interface HubDownload {
  readonly downloadId: DownloadId;
  readonly repo: HubRepo;
  readonly revision: string;
  readonly files: readonly HubDownloadFile[];
  readonly complete: boolean;
  /** Stored bytes of all files. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface HubPushed {
  readonly repo: string;
  readonly url: string;
  /** Sha of the commit that was made. */
  readonly revision: string;
}

export interface HubRequests {
  'hub/search': {
    params: { connection: HubConnection; kind: HubRepoKind; query: string };
    result: readonly HubSearchHit[];
  };
  /** `revision`: branch, tag or commit; null is the main branch. */
  'hub/info': { params: { connection: HubConnection; repo: HubRepo; revision: string | null }; result: HubRepoInfo };
  /**
   * Brings the files into this browser, and goes on where an earlier attempt ended. Resolves too when it was cancelled:
   * `complete` tells.
   */
  'hub/download': {
    params: {
      connection: HubConnection;
      transferId: string;
      repo: HubRepo;
      revision: string;
      files: readonly HubFile[];
    };
    result: HubDownload;
  };
  /** Of a transfer that is over already: nothing happens. */
  'hub/cancel': { params: { transferId: string }; result: Record<never, never> };
  /** Newest first. Asks nothing of the network. */
  'hub/list': { params: Record<never, never>; result: readonly HubDownload[] };
  'hub/delete': { params: { downloadId: DownloadId }; result: Record<never, never> };
  /**
   * Uploads the model of a checkpoint as one commit. `repo` without an owner goes to the account of the token.
   * Null when it was cancelled: no commit was made.
   */
  'hub/push': {
    params: {
      connection: HubConnection;
      transferId: string;
      runId: RunId;
      checkpointId: CheckpointId;
      repo: string;
      private: boolean;
      message: string;
    };
    result: HubPushed | null;
  };
}

/** How far a transfer is; comes from the worker a few times a second. */
export interface HubProgressEvent {
  readonly type: 'hub/progress';
  readonly transferId: string;
  /** `hashing` reads what is there, before an upload or after a download. */
  readonly phase: 'downloading' | 'hashing' | 'uploading' | 'committing';
  readonly path: string;
  /** Of all files together. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

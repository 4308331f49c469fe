// What the Trainer needs of whoever uploads to the Hub.

import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';

export interface PushRequest {
  readonly checkpoint: StoredCheckpoint;
  /** First line of the commit. */
  readonly message: string;
  /** Folder of the repository for the checkpoint with what resuming needs; null: the model, at the top. */
  readonly folder: string | null;
}

/** A commit that was made. */
export interface Pushed {
  /** Of the checkpoint, such as `checkpoint-200`. */
  readonly name: string;
  /** `owner/name`. */
  readonly repo: string;
  readonly folder: string | null;
}

export interface HubPusher {
  /**
   * Reads what is pushed: once this has resolved, the checkpoint may be deleted.
   * @returns the upload, which makes one commit and tells the repository, `owner/name`.
   */
  prepare(request: PushRequest): Promise<() => Promise<string>>;
}

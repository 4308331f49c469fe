// Branded ids, so that a run id never stands where a checkpoint id is meant.

type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** A run, unique in this browser. */
export type RunId = Brand<string, 'RunId'>;
/** A checkpoint, unique in this browser. */
export type CheckpointId = Brand<string, 'CheckpointId'>;
/** A model opened in the worker, valid until the page goes away. */
export type ModelId = Brand<string, 'ModelId'>;
/** A data set opened in the worker, valid until the page goes away. */
export type DataId = Brand<string, 'DataId'>;
/** A repository of the Hub at one commit, stored in this browser: `model:owner/name@sha`. */
export type DownloadId = Brand<string, 'DownloadId'>;
/** A hyperparameter search, unique in this browser. */
export type SweepId = Brand<string, 'SweepId'>;

// What the Trainer asks of a model. A two-parameter regression fulfils it as well as a BERT.

import type { Scalar, Tensor } from '@tensorflow/tfjs';
import type { Batch } from '#util/nd-array.ts';
import type { ForwardContext } from './forward-context.ts';
import type { Parameter } from './parameter.ts';

export interface ForwardOptions {
  /** Its `source` holds the batch, and what the loss is divided by. */
  readonly context: ForwardContext;
  /** In [0, 1]; see `label_smoothing_factor`. */
  readonly labelSmoothing: number;
  /** False: a loss is all that is asked for, which may take less memory. Default true. */
  readonly wantsLogits?: boolean;
}

export interface ModelOutput {
  /** f32 scalar, or null when the batch has no labels. */
  readonly loss: Scalar | null;
  /** [B, ...]; half storage allowed. Null only where there is a loss and nobody asked for them. */
  readonly logits: Tensor | null;
}

export interface TrainableModel {
  /** Dotted names, in PyTorch's order. */
  namedParameters(): ReadonlyMap<string, Parameter>;
  forward(batch: Batch, options: ForwardOptions): ModelOutput;
  /** Whether `numItemsInBatch` is used; without it the Trainer divides each micro-loss by their number. */
  readonly acceptsLossKwargs: boolean;
  /**
   * The batch in one of few shapes, longer ones filled up with what changes no result: steps of one shape are recorded
   * once. Absent: every shape is its own.
   */
  bucket?(batch: Batch): Batch;
  /** What one batch adds to `numItemsInBatch`: its rows (or label tokens) that count. */
  itemsIn(batch: Batch): number;
  /** Whether these are tokens, so that an evaluation also tells the mean over all of them. Default false. */
  readonly lossIsPerToken?: boolean;
  /** Floating-point operations of one training step on the batch, for `total_flos`. */
  floatingPointOperations(batch: Batch): number;
  /** Columns that `forward` reads, labels apart: what `remove_unused_columns` keeps. Empty: all. */
  readonly inputNames: readonly string[];
  /** Columns that the loss is taken of. Default `labels`. */
  readonly labelNames?: readonly string[];
  /** Where the parameters are saved. Default `model.safetensors`. */
  readonly weightsFile?: string;
  /** Where `configJson` is saved. Default `config.json`. */
  readonly configFile?: string;
  /** The config.json of a saved model; null for a model that has none. */
  configJson(): Readonly<Record<string, unknown>> | null;
  /** Frees the parameters. Absent: whoever made the model does. */
  dispose?(): void;
}

// What a run takes of the GPU's memory, by what it is for. All in bytes.

export interface MemoryPlan {
  /** In float32, and their copies in halves. */
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
  /** What a step on the longest batch needs beside these: activations, their gradients, logits. */
  readonly activations: number;
  /** The logits of that batch as a whole, in float32: a step of a language model holds fewer of them at a time. */
  readonly logits: number;
  /** The most at once in training. */
  readonly training: number;
  /** The most at once in an evaluation; 0 without one. */
  readonly evaluation: number;
  /** The most at once when a checkpoint is taken; 0 where none is. */
  readonly checkpoint: number;
  /** The most of the three. */
  readonly peak: number;
}

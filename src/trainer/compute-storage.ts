// What the arguments say of precision and memory: how large products store their operands, and which layers run again.

import type { ComputeStorage } from '#nn/forward-context.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';

export const storageFor = ({ fp16, bf16 }: TrainingArguments): ComputeStorage => (fp16 ? 'f16' : bf16 ? 'bf16' : 'f32');

/** Of evaluations and predictions outside of training. */
export const evaluationStorageFor = (args: TrainingArguments): ComputeStorage =>
  args.fp16FullEval ? 'f16' : args.bf16FullEval ? 'bf16' : storageFor(args);

/** Every n-th layer runs again in the backward pass; 0: none. */
export const checkpointEveryOf = ({ gradientCheckpointing, gradientCheckpointingKwargs }: TrainingArguments): number =>
  gradientCheckpointing ? (gradientCheckpointingKwargs.every_n_layers ?? 1) : 0;

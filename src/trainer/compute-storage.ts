// How the large products of a run store their operands, as its arguments say.

import type { ComputeStorage } from '#nn/forward-context.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';

export const storageFor = ({ fp16, bf16 }: TrainingArguments): ComputeStorage => (fp16 ? 'f16' : bf16 ? 'bf16' : 'f32');

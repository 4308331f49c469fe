// How layers above the engine get values out of tensors, without knowing the engine.

import type { Tensor } from '@tensorflow/tfjs';
import { readTensor } from '#gpu/read-back.ts';
import type { NdArray } from '#util/nd-array.ts';

export type { Tensor } from '@tensorflow/tfjs';
export { setValues } from '#gpu/arena.ts';
export { type DryMeter, dryRun } from '#gpu/dry-run.ts';
export { emptyPool, memoryUse, meterMemory, recoverMemory, trimPool } from '#gpu/memory.ts';
export { readBytesTogether, StagedRead, snapshot, streamTensor } from '#gpu/read-back.ts';

/** Values and shape of a tensor, as it is now. */
export async function readNdArray(tensor: Tensor): Promise<NdArray> {
  return { data: await readTensor(tensor), shape: tensor.shape };
}

export function disposeTensors(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor.dispose();
}

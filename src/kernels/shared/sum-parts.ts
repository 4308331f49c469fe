// The second half of a sum over many rows: adds up, in fixed order, what workgroups found for the rows of each.

import type { TensorInfo } from '@tensorflow/tfjs';
import { defineKernel } from '#gpu/define-kernel.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import source from './sum-parts.wgsl?raw';

const kernel = defineKernel({
  name: 'sum-parts',
  source,
  inputs: ['partials'],
  outputs: ['sums'],
  uniforms: { columns: 'u32', parts: 'u32', stride: 'u32', first: 'u32' },
});

/**
 * @param partials f32 [P, W], a row for each workgroup.
 * @param first column of `partials` that belongs to the first of `sums`.
 * @param sums f32 [N], N <= W - first. @param accumulate add to what it holds.
 */
export function sumParts(
  backend: AtelierBackend,
  partials: TensorInfo,
  first: number,
  sums: TensorInfo,
  accumulate: boolean,
): void {
  const [parts, stride] = partials.shape as [number, number];
  const columns = sums.shape[0]!;
  kernel.run(backend, {
    inputs: { partials },
    outputs: { sums },
    uniforms: { columns, parts, stride, first },
    constants: { ACCUMULATE: accumulate },
    grid: [Math.ceil(columns / 64), 1, 1],
  });
}

// Sums of columns in a fixed order: bias gradients, and the second pass of layer norm's parameter gradients.

import type { TensorInfo } from '@tensorflow/tfjs';
import { defineKernel } from '#gpu/define-kernel.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import source from './column-sum.wgsl?raw';

const kernel = defineKernel({
  name: 'column-sum',
  source,
  inputs: ['x'],
  outputs: ['y'],
  uniforms: { rows: 'u32', columns: 'u32', part_rows: 'u32' },
});

/** Rows that one thread adds up before a second pass joins the parts. */
export const PART_ROWS = 64;

/** f32 [columns] from x [rows, columns] of any storage. The caller owns the result. */
export function columnSum(backend: AtelierBackend, x: TensorInfo, rows: number, columns: number): TensorInfo {
  const parts = Math.ceil(rows / PART_ROWS);
  const y = backend.makeOutput(parts === 1 ? [columns] : [parts, columns], 'f32');
  kernel.run(backend, {
    inputs: { x },
    outputs: { y },
    uniforms: { rows, columns, part_rows: PART_ROWS },
    grid: [Math.ceil(columns / 64), parts, 1],
  });
  if (parts === 1) return y;
  const total = columnSum(backend, y, parts, columns);
  backend.disposeData(y.dataId);
  return total;
}

// How the weight of an affine map lies in memory, and how several of them are used as one.

import type { TensorInfo } from '@tensorflow/tfjs';
import { joined } from '#gpu/arena.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import type { MatrixLayout } from '../matmul/matmul.ts';

/** `out-in`: [N, K] as torch.nn.Linear; `in-out`: [K, N] as GPT-2's Conv1D. */
export type WeightLayout = 'out-in' | 'in-out';

export const rowsOf = (x: TensorInfo): number => x.shape.slice(0, -1).reduce((product, n) => product * n, 1);
export const lastOf = (x: TensorInfo): number => x.shape[x.shape.length - 1]!;
export const columnsOf = (tensors: readonly TensorInfo[]): number =>
  tensors.reduce((sum, tensor) => sum + lastOf(tensor), 0);
export const outputsOf = (weight: TensorInfo, layout: WeightLayout): number =>
  weight.shape[layout === 'out-in' ? 0 : 1]!;

/** The weight as the right-hand matrix of a product: W as stored by PyTorch (`as-is`, [N, K]) or its transpose. */
export function inLayout(weight: TensorInfo, layout: WeightLayout, as: 'as-is' | 'transposed'): MatrixLayout {
  return {
    tensor: weight,
    rowStride: lastOf(weight),
    transpose: (layout === 'out-in') === (as === 'transposed'),
  };
}

/**
 * Calls `use` once for all weights, where they and their biases lie one after the other, else once for each.
 * `column` is where the outputs of the weight begin.
 */
export function together(
  backend: AtelierBackend,
  weights: readonly TensorInfo[],
  layout: WeightLayout,
  use: (weight: TensorInfo, column: number, i: number, bias: TensorInfo | undefined) => void,
  biases: readonly TensorInfo[] = [],
): void {
  const weight = weights.length > 1 && layout === 'out-in' ? joined(backend, weights) : null;
  const bias = weight && biases.length > 0 ? joined(backend, biases) : null;
  if (weight && (bias || biases.length === 0)) use(weight, 0, 0, bias ?? undefined);
  else {
    let column = 0;
    weights.forEach((each, i) => {
      use(each, column, i, biases[i]);
      column += outputsOf(each, layout);
    });
  }
  for (const view of [weight, bias]) if (view) backend.disposeData(view.dataId);
}

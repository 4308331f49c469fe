// Gradients of the weights and biases of affine maps of one input: added up in place where the optimizer says where.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { deliver, gradientTarget } from '#gpu/backward.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { matmul } from '../matmul/matmul.ts';
import { lastOf, outputsOf, rowsOf, together, type WeightLayout } from './weight-layout.ts';

export interface ParameterGradients {
  /** Undefined where the gradient was added up in place. */
  readonly weights: readonly (Tensor | undefined)[];
  readonly biases: readonly (Tensor | undefined)[];
}

interface Into {
  readonly weights: readonly Tensor[];
  /** Empty for maps without bias. */
  readonly biases: readonly Tensor[];
  readonly accumulate: boolean;
}

interface Attrs {
  readonly layout: WeightLayout;
  /** Outputs of each map. */
  readonly widths: readonly number[];
  readonly hasBias: boolean;
  readonly into: Into | null;
}

/** Into new tensors: weights, then biases; or in place. */
const operation = defineOperation<'dy' | 'x', Attrs>({
  name: 'AtelierLinearGradParameters',
  reference: ({ dy, x }, { layout, widths, hasBias }) => {
    const flatX = tf.reshape(x, [rowsOf(x), lastOf(x)]) as tf.Tensor2D;
    const parts = tf.split(tf.reshape(dy, [rowsOf(dy), lastOf(dy)]) as tf.Tensor2D, [...widths], 1);
    const weights = parts.map((part) =>
      layout === 'out-in' ? tf.matMul(part, flatX, true, false) : tf.matMul(flatX, part, true, false),
    );
    return [...weights, ...(hasBias ? parts.map((part) => tf.sum(part, 0)) : [])];
  },
  webgpu: (backend, { dy, x }, { layout, widths, hasBias, into }) => {
    if (into) {
      write(backend, dy, x, layout, into);
      return [];
    }
    const shapeOf = (n: number): number[] => (layout === 'out-in' ? [n, lastOf(x)] : [lastOf(x), n]);
    const weights = widths.map((n) => backend.makeOutput(shapeOf(n), 'f32'));
    const biases = hasBias ? widths.map((n) => backend.makeOutput([n], 'f32')) : [];
    write(backend, dy, x, layout, { weights: weights as Tensor[], biases: biases as Tensor[], accumulate: false });
    return [...weights, ...biases];
  },
});

function write(backend: AtelierBackend, dy: TensorInfo, x: TensorInfo, layout: WeightLayout, into: Into): void {
  const common = { k: rowsOf(x), accumulate: into.accumulate };
  const [width, inputs] = [lastOf(dy), lastOf(x)];
  together(
    backend,
    into.weights,
    layout,
    (weight, column, _i, bias) => {
      const outputs = outputsOf(weight, layout);
      const dyPart = { tensor: dy, rowStride: width, offset: column };
      const all = { tensor: x, rowStride: inputs };
      const c = { tensor: weight, rowStride: lastOf(weight) };
      if (layout === 'out-in') {
        const sums = bias ? { of: 'a' as const, tensor: bias } : undefined;
        matmul(backend, { ...common, a: { ...dyPart, transpose: true }, b: all, c, m: outputs, n: inputs, sums });
      } else {
        const sums = bias ? { of: 'b' as const, tensor: bias } : undefined;
        matmul(backend, { ...common, a: { ...all, transpose: true }, b: dyPart, c, m: inputs, n: outputs, sums });
      }
    },
    into.biases,
  );
}

/** @param dy [..., ΣN] @param x [..., K] @param weights and their biases (none for maps without). */
export function gradParameters(
  dy: Tensor,
  x: Tensor,
  weights: readonly Tensor[],
  biases: readonly Tensor[],
  layout: WeightLayout,
): ParameterGradients {
  const widths = weights.map((weight) => outputsOf(weight, layout));
  const targets = [...weights, ...biases].map(gradientTarget);
  const hasBias = biases.length > 0;
  const split = <T>(all: readonly T[]) => ({
    weights: all.slice(0, weights.length),
    biases: all.slice(weights.length),
  });
  const found = targets.filter((target) => target !== null);
  const accumulate = found.some((target) => target.accumulate);
  if (found.length === targets.length && found.every((target) => target.accumulate === accumulate)) {
    const into = { ...split(found.map(({ tensor }) => tensor)), accumulate };
    operation({ dy, x }, { layout, widths, hasBias, into });
    return { weights: [], biases: [] };
  }
  // Some are not trained, or were begun by another use of the weight: each goes its own way.
  const tensors = operation({ dy, x }, { layout, widths, hasBias, into: null });
  return split(tensors.map((tensor, i) => deliver(tensor, targets[i] ?? null)));
}

// The feed-forward part of a transformer layer: y = f(x · W₁ᵀ + b₁) · W₂ᵀ + b₂, with dropout and a residual connection on
// its result, in two products forward and four back.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { isWanted } from '#gpu/backward.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { canBeHalf, type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { type Activation, activationReference, derivativeReference } from '../activation/activation.ts';
import { dropoutAt, dropoutFactors, type SiteDropout } from '../dropout/dropout.ts';
import { gradParameters } from '../linear/grad-parameters.ts';
import { linearGradInput } from '../linear/linear.ts';
import { inLayout, lastOf, outputsOf, rowsOf, type WeightLayout } from '../linear/weight-layout.ts';
import { matmul } from '../matmul/matmul.ts';

interface Attrs {
  readonly kind: Activation;
  readonly layout: WeightLayout;
  readonly hasResidual: boolean;
  readonly dropout: SiteDropout | null;
}

type Inputs = 'x' | 'weight1' | 'bias1' | 'weight2' | 'bias2' | 'residual';

const withLast = (x: TensorInfo, n: number): number[] => [...x.shape.slice(0, -1), n];
const likeStorage = (backend: AtelierBackend, x: TensorInfo, shape: readonly number[]): TensorInfo =>
  backend.makeOutput(shape, canBeHalf(shape) ? (storageOf(x) as HalfStorage | 'f32') : 'f32');
const affine = (x: Tensor, weight: Tensor, bias: Tensor, layout: WeightLayout): Tensor => {
  const flat = tf.reshape(x, [rowsOf(x), lastOf(x)]) as tf.Tensor2D;
  const y = tf.add(tf.matMul(flat, weight as tf.Tensor2D, false, layout === 'out-in'), bias);
  return tf.reshape(y, withLast(x, outputsOf(weight, layout)));
};

/** The gradient before the activation: (dy · W₂) ∘ f'(pre). */
const gradHidden = defineOperation<'dy' | 'weight2' | 'pre', { kind: Activation; layout: WeightLayout }>({
  name: 'AtelierMlpGradHidden',
  reference: ({ dy, weight2, pre }, { kind, layout }) => {
    const flat = tf.reshape(dy, [rowsOf(dy), lastOf(dy)]) as tf.Tensor2D;
    const dh = tf.matMul(flat, weight2 as tf.Tensor2D, false, layout === 'in-out');
    return [tf.mul(tf.reshape(dh, pre.shape), derivativeReference(pre, kind))];
  },
  webgpu: (backend, { dy, weight2, pre }, { kind, layout }) => {
    const dpre = likeStorage(backend, pre, pre.shape);
    matmul(backend, {
      a: { tensor: dy, rowStride: lastOf(dy) },
      b: inLayout(weight2, layout, 'as-is'),
      c: { tensor: dpre, rowStride: lastOf(pre) },
      m: rowsOf(dy),
      n: lastOf(pre),
      k: lastOf(dy),
      derivative: { kind, pre },
    });
    return [dpre];
  },
});

/** → y, and for the backward pass the hidden values before and after the activation. */
const operation = defineOperation<Inputs, Attrs>({
  name: 'AtelierMlp',
  reference: ({ x, weight1, bias1, weight2, bias2, residual }, { kind, layout, dropout }) => {
    const pre = affine(x, weight1, bias1, layout);
    const hidden = activationReference(pre, kind);
    const y = affine(hidden, weight2, bias2, layout);
    const dropped = dropout ? tf.mul(y, tf.tensor(dropoutFactors(y.size, dropout), y.shape)) : y;
    return [residual ? tf.add(dropped, residual) : dropped, pre, hidden];
  },
  webgpu: (backend, inputs, attrs) => forward(backend, inputs, attrs),
  gradient: {
    inputsToSave: ['x', 'weight1', 'bias1', 'weight2', 'bias2'],
    outputsToSave: [false, true, true],
    grad: ([dy], saved, [pre, hidden], { kind, layout, dropout }) => {
      const { x, weight1, bias1, weight2, bias2 } = saved as Record<Inputs, Tensor>;
      const masked = dropout ? dropoutAt(dy!, dropout) : dy!;
      const second = isWanted('weight2') ? gradParameters(masked, hidden!, [weight2], [bias2], layout) : null;
      const dpre = gradHidden({ dy: masked, weight2, pre: pre! }, { kind, layout })[0]!;
      const first = isWanted('weight1') ? gradParameters(dpre, x, [weight1], [bias1], layout) : null;
      return {
        x: () => linearGradInput(dpre, x, [weight1], layout),
        weight1: () => first?.weights[0],
        bias1: () => first?.biases[0],
        weight2: () => second?.weights[0],
        bias2: () => second?.biases[0],
        residual: () => dy!,
      };
    },
  },
});

function forward(
  backend: AtelierBackend,
  { x, weight1, bias1, weight2, bias2, residual }: Readonly<Record<Inputs, Tensor>>,
  { kind, layout, hasResidual, dropout }: Attrs,
): TensorInfo[] {
  const [inner, outer] = [outputsOf(weight1, layout), outputsOf(weight2, layout)];
  const [pre, hidden] = [0, 1].map(() => likeStorage(backend, x, withLast(x, inner))) as [TensorInfo, TensorInfo];
  const shape = withLast(x, outer);
  const y = hasResidual ? backend.makeOutput(shape, 'f32') : likeStorage(backend, x, shape);
  matmul(backend, {
    a: { tensor: x, rowStride: lastOf(x) },
    b: inLayout(weight1, layout, 'transposed'),
    c: { tensor: hidden, rowStride: inner },
    m: rowsOf(x),
    n: inner,
    k: lastOf(x),
    bias: bias1,
    activation: { kind, pre },
  });
  matmul(backend, {
    a: { tensor: hidden, rowStride: inner },
    b: inLayout(weight2, layout, 'transposed'),
    c: { tensor: y, rowStride: outer },
    m: rowsOf(x),
    n: outer,
    k: inner,
    bias: bias2,
    dropout: dropout ? { ...dropout, key: dropout.key.tensor } : undefined,
    residual: hasResidual ? residual : undefined,
  });
  return [y, pre, hidden];
}

export interface MlpWeights {
  /** W₁ [F, K] and W₂ [N, F] (see `layout`), of any storage; f32 b₁ [F] and b₂ [N]. */
  readonly weight1: Tensor;
  readonly bias1: Tensor;
  readonly weight2: Tensor;
  readonly bias2: Tensor;
}

export interface MlpOptions {
  readonly activation: Activation;
  /** See `linear`. Default out-in. */
  readonly layout?: WeightLayout;
  /** [..., N] of any storage, added to the result after dropout. */
  readonly residual?: Tensor | undefined;
  readonly dropout?: SiteDropout | null;
}

/** @param x [..., K] of any storage; the result, [..., N], has its storage, f32 with a residual. */
export function mlp(x: Tensor, weights: MlpWeights, options: MlpOptions): Tensor {
  const { activation, layout = 'out-in', residual, dropout = null } = options;
  const attrs = { kind: activation, layout, dropout, hasResidual: residual !== undefined };
  return operation({ x, ...weights, ...(residual ? { residual } : {}) }, attrs)[0]!;
}

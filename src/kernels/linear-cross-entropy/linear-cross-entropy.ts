// The loss of a head over a vocabulary: cross-entropy of x · Wᵀ + b, softly limited where a family does so, without ever
// holding the logits of all rows (after Hsu et al., 2024). They are made for as many rows at a time as fit into some
// bytes, and made again for the backward pass, but for the rows that came last; where all rows fit nothing is made twice.
// The gradient of the logits takes their place.

import type { Scalar, Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { deliver, type GradientTarget, gradientTarget, isWanted } from '#gpu/backward.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { canBeHalf, type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { targetsOf } from '../cross-entropy/cross-entropy.ts';
import { gradLogits, type RowsOfLogits, rowLosses, sumOfLosses } from '../cross-entropy/row-losses.ts';
import { matmul } from '../matmul/matmul.ts';

interface Attrs {
  readonly smoothing: number;
  /** 0: none. */
  readonly cap: number;
  readonly logitsBytes: number;
}

type Inputs = 'x' | 'weight' | 'bias' | 'labels' | 'scale';

/** The sizes of a call, and how its rows are cut. */
interface Sizes {
  readonly rows: number;
  readonly width: number;
  readonly vocabulary: number;
  readonly storage: HalfStorage | 'f32';
  readonly chunk: number;
}

/** Chunks are as even as they can be, in steps of this many rows: products like it. */
const ROW_STEP = 32;

function sizesOf(backend: AtelierBackend, x: TensorInfo, weight: TensorInfo, { logitsBytes }: Attrs): Sizes {
  const [rows, width] = x.shape as [number, number];
  const vocabulary = weight.shape[0]!;
  const storage = canBeHalf([rows, vocabulary]) ? (storageOf(x) as HalfStorage | 'f32') : 'f32';
  const bytes = Math.min(logitsBytes, backend.device.limits.maxStorageBufferBindingSize);
  const most = Math.max(1, Math.floor(bytes / (vocabulary * (storage === 'f32' ? 4 : 2))));
  const chunks = Math.ceil(rows / most);
  const even = Math.ceil(rows / chunks / ROW_STEP) * ROW_STEP;
  return { rows, width, vocabulary, storage, chunk: Math.min(rows, even, most) };
}

/** Where each chunk begins, in order. */
const chunksOf = ({ rows, chunk }: Sizes): number[] =>
  Array.from({ length: Math.ceil(rows / chunk) }, (_, i) => i * chunk);

function makeLogits(
  backend: AtelierBackend,
  { x, weight, bias }: Readonly<{ x: TensorInfo; weight: TensorInfo; bias?: TensorInfo | undefined }>,
  { width, vocabulary }: Sizes,
  { logits, first, count }: RowsOfLogits,
): void {
  matmul(backend, {
    a: { tensor: x, rowStride: width, offset: first * width },
    b: { tensor: weight, rowStride: width, transpose: true },
    c: { tensor: logits, rowStride: vocabulary },
    m: count,
    n: vocabulary,
    k: width,
    bias,
  });
}

const partOf = (
  sizes: Sizes,
  first: number,
  { smoothing, cap }: Attrs,
  tensors: Pick<RowsOfLogits, 'logits' | 'labels' | 'rows'>,
): RowsOfLogits => ({
  ...tensors,
  first,
  count: Math.min(sizes.chunk, sizes.rows - first),
  all: sizes.rows,
  columns: sizes.vocabulary,
  smoothing,
  cap,
});

function forwardOnGpu(
  backend: AtelierBackend,
  { x, weight, bias, labels, scale }: Readonly<Record<Inputs, Tensor>>,
  attrs: Attrs,
): TensorInfo[] {
  const sizes = sizesOf(backend, x, weight, attrs);
  const logits = backend.makeOutput([sizes.chunk, sizes.vocabulary], sizes.storage);
  const rows = backend.makeOutput([2 * sizes.rows], 'f32');
  for (const first of chunksOf(sizes)) {
    const part = partOf(sizes, first, attrs, { logits, labels, rows });
    makeLogits(backend, { x, weight, bias }, sizes, part);
    rowLosses(backend, part);
  }
  return [sumOfLosses(backend, rows, scale, sizes.rows), rows, logits];
}

/** Where the gradients of weight and bias go; null: nobody wants them. */
interface Into {
  readonly weight: TensorInfo;
  readonly bias: TensorInfo | null;
  readonly accumulate: boolean;
}

interface GradAttrs extends Attrs {
  /** `new`: into tensors that are returned behind dx. */
  readonly into: Into | 'new' | null;
}

type GradInputs = Inputs | 'rows' | 'logits' | 'dloss';

function backwardOnGpu(
  backend: AtelierBackend,
  inputs: Readonly<Record<GradInputs, Tensor>>,
  attrs: GradAttrs,
): TensorInfo[] {
  const { x, weight, bias, labels, scale, rows, logits, dloss } = inputs;
  const sizes = sizesOf(backend, x, weight, attrs);
  const dx = backend.makeOutput(x.shape, storageOf(x));
  const made = attrs.into === 'new' ? newGradients(backend, weight, bias) : null;
  const into = attrs.into === 'new' ? made : attrs.into;
  // The logits of the last chunk are still there.
  chunksOf(sizes)
    .reverse()
    .forEach((first, i) => {
      const part = partOf(sizes, first, attrs, { logits, labels, rows });
      if (i > 0) makeLogits(backend, { x, weight, bias }, sizes, part);
      gradLogits(backend, { ...part, scale, dloss }, null);
      gradInput(backend, part, sizes, { weight, dx });
      if (into) gradParameters(backend, part, sizes, { x, into, accumulate: into.accumulate || i > 0 });
    });
  return [dx, ...(made ? [made.weight, ...(made.bias ? [made.bias] : [])] : [])];
}

const newGradients = (backend: AtelierBackend, weight: TensorInfo, bias: TensorInfo | undefined): Into => ({
  weight: backend.makeOutput(weight.shape, 'f32'),
  bias: bias ? backend.makeOutput(bias.shape, 'f32') : null,
  accumulate: false,
});

function gradInput(
  backend: AtelierBackend,
  { logits, first, count }: RowsOfLogits,
  { width, vocabulary }: Sizes,
  { weight, dx }: { readonly weight: TensorInfo; readonly dx: TensorInfo },
): void {
  matmul(backend, {
    a: { tensor: logits, rowStride: vocabulary },
    b: { tensor: weight, rowStride: width },
    c: { tensor: dx, rowStride: width, offset: first * width },
    m: count,
    n: width,
    k: vocabulary,
  });
}

function gradParameters(
  backend: AtelierBackend,
  { logits, first, count }: RowsOfLogits,
  { width, vocabulary }: Sizes,
  { x, into, accumulate }: { readonly x: TensorInfo; readonly into: Into; readonly accumulate: boolean },
): void {
  matmul(backend, {
    a: { tensor: logits, rowStride: vocabulary, transpose: true },
    b: { tensor: x, rowStride: width, offset: first * width },
    c: { tensor: into.weight, rowStride: width },
    m: vocabulary,
    n: width,
    k: count,
    accumulate,
    sums: into.bias ? { of: 'a', tensor: into.bias } : undefined,
  });
}

/** Logits f32 [N, V] as they are limited, and the tanh that they are limited by. */
function referenceLogits({ x, weight, bias }: Readonly<Record<Inputs, Tensor>>, cap: number) {
  const product = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true);
  const logits = bias ? tf.add(product, bias) : product;
  if (cap === 0) return { logits, squashed: null };
  const squashed = tf.tanh(tf.div(logits, cap));
  return { logits: tf.mul(squashed, cap), squashed };
}

const backward = defineOperation<GradInputs, GradAttrs>({
  name: 'AtelierLinearCrossEntropyGrad',
  reference: (inputs, { smoothing, cap }) => {
    const { x, weight, bias, labels, scale, dloss } = inputs;
    const { logits, squashed } = referenceLogits(inputs, cap);
    const { counts, target } = targetsOf(logits, labels, smoothing);
    const p = tf.mul(tf.softmax(logits), tf.expandDims(counts, 1));
    const dlimited = tf.mul(tf.sub(p, target), tf.mul(dloss, scale));
    const dlogits = squashed ? tf.mul(dlimited, tf.sub(1, tf.square(squashed))) : dlimited;
    const dx = tf.matMul(dlogits as tf.Tensor2D, weight as tf.Tensor2D);
    const dweight = tf.matMul(dlogits as tf.Tensor2D, x as tf.Tensor2D, true, false);
    return [dx, dweight, ...(bias ? [tf.sum(dlogits, 0)] : [])];
  },
  webgpu: backwardOnGpu,
});

interface Gradients {
  readonly x: Tensor;
  /** Undefined where they were added up in place, or nobody wants them. */
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
}

function gradients(inputs: Partial<Record<GradInputs, Tensor>>, attrs: Attrs): Gradients {
  const { weight, bias } = inputs as Record<GradInputs, Tensor | undefined>;
  if (!isWanted('weight')) {
    const [x] = backward(inputs, { ...attrs, into: null });
    return { x: x!, weight: undefined, bias: undefined };
  }
  const targets = [weight!, ...(bias ? [bias] : [])].map(gradientTarget);
  const into = inPlace(targets);
  const [x, dweight, dbias] = backward(inputs, { ...attrs, into: into ?? 'new' });
  if (into) return { x: x!, weight: undefined, bias: undefined };
  return { x: x!, weight: deliver(dweight!, targets[0]!), bias: dbias && deliver(dbias, targets[1]!) };
}

/** Null where weight and bias do not go the same way. */
function inPlace(targets: readonly (GradientTarget | null)[]): Into | null {
  const [weight, bias = null] = targets;
  if (!weight || targets.some((target) => target?.accumulate !== weight.accumulate)) return null;
  return { weight: weight.tensor, bias: bias?.tensor ?? null, accumulate: weight.accumulate };
}

/** → loss, and for the backward pass what `RowsOfLogits` tells of `rows`, and the logits of the last chunk. */
function defineLoss(hasBias: boolean) {
  const names = ['x', 'weight', ...(hasBias ? (['bias'] as const) : []), 'labels', 'scale'] as const;
  return defineOperation<Inputs, Attrs>({
    name: `AtelierLinearCrossEntropy${hasBias ? 'Bias' : ''}`,
    reference: (inputs, { smoothing, cap }) => {
      const { logits } = referenceLogits(inputs, cap);
      const lse = tf.logSumExp(logits, 1);
      const { target } = targetsOf(logits, inputs.labels, smoothing);
      const losses = tf.neg(tf.sum(tf.mul(target, tf.sub(logits, tf.expandDims(lse, 1))), 1));
      const loss = tf.mul(tf.sum(losses), tf.reshape(inputs.scale, []));
      return [loss, tf.concat([losses, lse]), tf.scalar(0)];
    },
    webgpu: forwardOnGpu,
    gradient: {
      inputsToSave: [...names],
      outputsToSave: [false, true, true],
      grad: ([dloss], saved, [rows, logits], attrs) => {
        const found = gradients({ ...saved, rows: rows!, logits: logits!, dloss: dloss! }, attrs);
        return { x: () => found.x, weight: () => found.weight, bias: () => found.bias };
      },
    },
  });
}

const [plain, withBias] = [defineLoss(false), defineLoss(true)];

export interface LinearCrossEntropyOptions {
  /** Share of the target spread over all classes, in [0, 1]. Default 0. */
  readonly smoothing?: number;
  /** Logits are softly limited to ± this: cap · tanh(logit / cap). Default 0: they are not. */
  readonly cap?: number;
  /** Logits of as many rows are made at a time as fit into this. Default 128 MiB. */
  readonly logitsBytes?: number;
}

const LOGITS_BYTES = 2 ** 27;

/**
 * @param x [N, D] of any storage, which logits and the gradient of x share (accumulation is in f32).
 * @param weight [V, D] of any storage. @param bias f32 [V], or null.
 * @param labels int32 [N] in [0, V), or -100 to ignore the row.
 * @param scale f32 [1]: one divided by the rows that count, for their mean.
 * @returns f32 scalar: scale · the sum of the losses of the rows that count.
 */
export function linearCrossEntropy(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  { labels, scale }: { readonly labels: Tensor; readonly scale: Tensor },
  { smoothing = 0, cap = 0, logitsBytes = LOGITS_BYTES }: LinearCrossEntropyOptions = {},
): Scalar {
  const attrs = { smoothing, cap, logitsBytes };
  const loss = bias ? withBias({ x, weight, bias, labels, scale }, attrs) : plain({ x, weight, labels, scale }, attrs);
  return loss[0] as Scalar;
}

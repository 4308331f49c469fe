// y = x · Wᵀ + b, the affine map of torch.nn.Linear, with dropout and a residual connection on its result. Several maps
// of one input run as one where their weights lie next to each other.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { isWanted, takeGradient } from '#gpu/backward.ts';
import { defineOperation, type Operation } from '#gpu/define-operation.ts';
import { canBeHalf, storageOf } from '#gpu/tensor-storage.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import { dropoutAt, dropoutFactors, type SiteDropout } from '../dropout/dropout.ts';
import { matmul } from '../matmul/matmul.ts';
import { gradParameters } from './grad-parameters.ts';
import { columnsOf, inLayout, lastOf, outputsOf, rowsOf, together, type WeightLayout } from './weight-layout.ts';

interface LinearAttrs {
  readonly layout: WeightLayout;
  readonly hasResidual: boolean;
  readonly dropout: SiteDropout | null;
}

type Weights = `weight${number}`;
type Biases = `bias${number}`;
type Inputs = 'x' | 'residual' | Weights | Biases;

const named = <T>(prefix: string, items: readonly T[]): Record<string, T> =>
  Object.fromEntries(items.map((item, i) => [`${prefix}${i}`, item]));
const listed = <T>(prefix: string, from: Readonly<Record<string, T | undefined>>): T[] =>
  Object.keys(from)
    .filter((key) => key.startsWith(prefix))
    .sort()
    .map((key) => from[key]!);

/** A product keeps the storage of its input, where its shape allows halves. */
const likeInput = (backend: AtelierBackend, x: TensorInfo, shape: readonly number[]): TensorInfo => {
  const storage = storageOf(x);
  return backend.makeOutput(shape, canBeHalf(shape) ? storage : 'f32');
};

interface GradInputAttrs {
  readonly layout: WeightLayout;
}

/** dx = Σ dyᵢ · Wᵢ, with dyᵢ the columns of map i, and `addend` where it is given. */
const gradInput = defineOperation<'dy' | 'x' | 'addend' | Weights, GradInputAttrs>({
  name: 'AtelierLinearGradInput',
  reference: (inputs, { layout }) => {
    const { dy, x } = inputs;
    const parts = tf.split(
      tf.reshape(dy, [rowsOf(dy), lastOf(dy)]),
      listed<Tensor>('weight', inputs).map((weight) => outputsOf(weight, layout)),
      1,
    );
    const products = listed<Tensor>('weight', inputs).map((weight, i) =>
      tf.matMul(parts[i] as tf.Tensor2D, weight as tf.Tensor2D, false, layout === 'in-out'),
    );
    return [tf.reshape(tf.addN(products), x.shape)];
  },
  webgpu: (backend, inputs, { layout }) => {
    const { dy, x, addend } = inputs;
    const dx = likeInput(backend, x, x.shape);
    const width = lastOf(dy);
    together(backend, listed<Tensor>('weight', inputs), layout, (weight, column, i) =>
      matmul(backend, {
        a: { tensor: dy, rowStride: width, offset: column },
        b: inLayout(weight, layout, 'as-is'),
        c: { tensor: dx, rowStride: lastOf(x) },
        m: rowsOf(x),
        n: lastOf(x),
        k: outputsOf(weight, layout),
        residual: i === 0 ? addend : undefined,
        accumulate: i > 0,
      }),
    );
    return [dx];
  },
});

/** dx of maps of x, added to the gradient that the input `x` of the operation already has. */
export function linearGradInput(dy: Tensor, x: Tensor, weights: readonly Tensor[], layout: WeightLayout): Tensor {
  const addend = activeWebGpu() ? takeGradient('x') : null;
  return gradInput({ dy, x, ...(addend ? { addend } : {}), ...named('weight', weights) }, { layout })[0]!;
}

/** One operation for each number of maps, with and without biases: what is saved has names of its own. */
function defineLinear(maps: number, hasBias: boolean): Operation<Inputs, LinearAttrs> {
  const names = Array.from({ length: maps }, (_, i) => `weight${i}` as Weights);
  const biasNames = hasBias ? names.map((_, i) => `bias${i}` as Biases) : [];
  return defineOperation<Inputs, LinearAttrs>({
    name: `AtelierLinear${maps}${hasBias ? 'Bias' : ''}`,
    reference: (inputs, { layout, dropout }) => {
      const { x, residual } = inputs;
      const flat = tf.reshape(x, [rowsOf(x), lastOf(x)]) as tf.Tensor2D;
      const biases = listed<Tensor>('bias', inputs);
      const products = listed<Tensor>('weight', inputs).map((weight, i) => {
        const y = tf.matMul(flat, weight as tf.Tensor2D, false, layout === 'out-in');
        return biases[i] ? tf.add(y, biases[i]) : y;
      });
      const y = tf.reshape(tf.concat(products, 1), [...x.shape.slice(0, -1), columnsOf(products)]);
      const dropped = dropout ? tf.mul(y, tf.tensor(dropoutFactors(y.size, dropout), y.shape)) : y;
      return [residual ? tf.add(dropped, residual) : dropped];
    },
    webgpu: (backend, inputs, attrs) => [forward(backend, inputs, attrs)],
    gradient: {
      inputsToSave: ['x', ...names, ...biasNames],
      outputsToSave: [false],
      grad: ([dy], saved, _outputs, { layout, dropout }) => {
        const weights = names.map((name) => saved[name]!);
        const x = saved.x!;
        const masked = dropout ? dropoutAt(dy!, dropout) : dy!;
        const biases = biasNames.map((name) => saved[name]!);
        const parameters = isWanted('weight0') ? gradParameters(masked, x, weights, biases, layout) : null;
        return {
          x: () => linearGradInput(masked, x, weights, layout),
          residual: () => dy!,
          ...named(
            'weight',
            names.map((_, i) => () => parameters?.weights[i]),
          ),
          ...named(
            'bias',
            biasNames.map((_, i) => () => parameters?.biases[i]),
          ),
        };
      },
    },
  });
}

function forward(
  backend: AtelierBackend,
  inputs: Readonly<Record<Inputs, Tensor>>,
  { layout, hasResidual, dropout }: LinearAttrs,
): TensorInfo {
  const { x, residual } = inputs;
  const weights = listed<Tensor>('weight', inputs);
  const biases = listed<Tensor>('bias', inputs);
  const width = weights.reduce((sum, weight) => sum + outputsOf(weight, layout), 0);
  const shape = [...x.shape.slice(0, -1), width];
  // Sums with a residual stay in full precision: so does the stream of a deep model.
  const y = hasResidual ? backend.makeOutput(shape, 'f32') : likeInput(backend, x, shape);
  together(
    backend,
    weights,
    layout,
    (weight, column, _i, bias) =>
      matmul(backend, {
        a: { tensor: x, rowStride: lastOf(x) },
        b: inLayout(weight, layout, 'transposed'),
        c: { tensor: y, rowStride: width, offset: column },
        m: rowsOf(x),
        n: outputsOf(weight, layout),
        k: lastOf(x),
        bias,
        residual: hasResidual ? residual : undefined,
        dropout: dropout ? { ...dropout, key: dropout.key.tensor } : undefined,
      }),
    biases,
  );
  return y;
}

const operations = new Map(
  [1, 2, 3].map((maps) => [maps, { plain: defineLinear(maps, false), bias: defineLinear(maps, true) }]),
);

export interface LinearOptions {
  /** `out-in` is torch.nn.Linear's [N, K], `in-out` the [K, N] of GPT-2's Conv1D. Default out-in. */
  readonly layout?: WeightLayout;
  /** Added to the result after dropout: [..., N] of any storage. Of a single map only. */
  readonly residual?: Tensor | undefined;
  /** Of a single map only. */
  readonly dropout?: SiteDropout | null;
}

/**
 * @param x [..., K] of any storage; the result has its storage, f32 with a residual; accumulation is in f32.
 * @param weights one to three, [N, K] each (see `layout`), of any storage.
 * @param biases f32 [N] each; or none at all.
 * @returns [..., ΣN], the maps side by side
 */
export function linears(
  x: Tensor,
  weights: readonly Tensor[],
  biases: readonly Tensor[],
  { layout = 'out-in', residual, dropout = null }: LinearOptions = {},
): Tensor {
  const operation = operations.get(weights.length);
  if (!operation) throw new Error(`linears takes one to three weights, not ${weights.length}`);
  const inputs = {
    x,
    ...(residual ? { residual } : {}),
    ...named('weight', weights),
    ...named('bias', biases),
  };
  return (biases.length > 0 ? operation.bias : operation.plain)(inputs, {
    layout,
    dropout,
    hasResidual: residual !== undefined,
  })[0]!;
}

/** The same for one map. @param bias f32 [N], or null. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null, options: LinearOptions = {}): Tensor {
  return linears(x, [weight], bias ? [bias] : [], options);
}

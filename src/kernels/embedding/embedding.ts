// Rows of tables by id, added up and scaled, with a deterministic gradient.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { type GradientTarget, gradientTarget, isWanted } from '#gpu/backward.ts';
import { defineKernel, type Kernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation, type Operation } from '#gpu/define-operation.ts';
import { rowAccess } from '../shared/row-access.ts';
import body from './embedding.wgsl?raw';
import gradBody from './embedding-grad.wgsl?raw';
import type { TokenIds } from './token-ids.ts';

type Weights = `weight${number}`;

const MAX_TABLES = 3;

function defineForward(tables: number, vector: boolean): Kernel {
  const each = Array.from({ length: tables }, (_, i) => i);
  const weights = each.map((i) => `weight${i}`);
  const rows = each.map((i) => `weight${i}_row(u32(ids${i}(token)) * u.columns, i)`);
  return defineKernel({
    name: `embedding-${tables}${vector ? '' : '-scalar'}`,
    source: [
      rowAccess(weights, ['y'], vector),
      `fn tables(token: u32, i: u32) -> vec4<f32> { return (${rows.join(' + ')}) * u.scale; }`,
      body,
    ].join('\n'),
    inputs: [...weights, ...each.map((i) => `ids${i}`)],
    outputs: ['y'],
    uniforms: { tokens: 'u32', columns: 'u32', scale: 'f32' },
  });
}

const defineGrad = (vector: boolean): Kernel =>
  defineKernel({
    name: vector ? 'embedding-grad' : 'embedding-grad-scalar',
    source: [rowAccess(['dy', 'dweight'], ['dweight'], vector), gradBody].join('\n'),
    inputs: ['dy', 'token_groups'],
    outputs: ['dweight'],
    uniforms: { tokens: 'u32', columns: 'u32', scale: 'f32' },
  });

const kernels = [false, true].map((vector) => ({
  forward: Array.from({ length: MAX_TABLES }, (_, i) => defineForward(i + 1, vector)),
  grad: defineGrad(vector),
}));
const kernelsFor = (columns: number) => kernels[columns % 4 === 0 ? 1 : 0]!;

interface GradAttrs {
  readonly rows: number;
  readonly paddingId: number | null;
  readonly scale: number;
  readonly into: GradientTarget | null;
}

const gradWeight = defineOperation<'dy' | 'ids' | 'groups', GradAttrs>({
  name: 'AtelierEmbeddingGrad',
  reference: ({ dy, ids }, { rows, paddingId, scale }) => {
    const columns = dy.shape[dy.shape.length - 1]!;
    const all = tf.mul(tf.reshape(dy, [ids.size, columns]), scale);
    const flat = paddingId === null ? all : tf.mul(all, tf.notEqual(tf.reshape(ids, [ids.size, 1]), paddingId));
    // Adds up rows of the same id; tfjs's segment sum would go through all ids of the vocabulary instead.
    return [tf.scatterND(tf.reshape(ids, [ids.size, 1]), flat, [rows, columns])];
  },
  webgpu: (backend, { dy, ids, groups }, { rows, scale, into }) => {
    const columns = dy.shape[dy.shape.length - 1]!;
    const dweight = into?.tensor ?? backend.makeOutput([rows, columns], 'f32');
    const accumulate = into?.accumulate ?? false;
    if (!accumulate) backend.clear(dweight);
    kernelsFor(columns).grad.run(backend, {
      inputs: { dy, token_groups: groups },
      outputs: { dweight },
      uniforms: { tokens: ids.size, columns, scale },
      constants: { ACCUMULATE: accumulate },
      grid: linearGrid(Math.ceil((ids.size * Math.ceil(columns / 4)) / 64)),
    });
    return into ? [] : [dweight];
  },
});

interface Attrs {
  readonly tokens: readonly TokenIds[];
  readonly scale: number;
}

/** One operation for each number of tables: they have names of their own. */
function defineEmbedding(tables: number): Operation<Weights, Attrs> {
  const names = Array.from({ length: tables }, (_, i) => `weight${i}` as Weights);
  return defineOperation<Weights, Attrs>({
    name: `AtelierEmbedding${tables}`,
    reference: (inputs, { tokens, scale }) => {
      const rows = names.map((name, i) => {
        const { ids } = tokens[i]!;
        const weight = inputs[name]!;
        return tf.reshape(tf.gather(weight, tf.reshape(ids, [ids.size]) as tf.Tensor1D), [
          ...ids.shape,
          weight.shape[1]!,
        ]);
      });
      return [tf.mul(rows.length === 1 ? rows[0]! : tf.addN(rows), scale)];
    },
    webgpu: (backend, inputs, { tokens, scale }) => {
      const columns = inputs.weight0!.shape[1]!;
      const { ids } = tokens[0]!;
      const y = backend.makeOutput([...ids.shape, columns], 'f32');
      kernelsFor(columns).forward[tables - 1]!.run(backend, {
        inputs: { ...inputs, ...Object.fromEntries(tokens.map((token, i) => [`ids${i}`, token.ids])) },
        outputs: { y },
        uniforms: { tokens: ids.size, columns, scale },
        grid: linearGrid(Math.ceil((ids.size * Math.ceil(columns / 4)) / 64)),
      });
      return [y];
    },
    gradient: {
      inputsToSave: names,
      outputsToSave: [false],
      grad: ([dy], saved, _outputs, { tokens, scale }) =>
        Object.fromEntries(
          names.map((name, i) => {
            const weight = saved[name]!;
            const { ids, groups, paddingId } = tokens[i]!;
            return [
              name,
              () => {
                if (!isWanted(name)) return undefined;
                const into = gradientTarget(weight);
                return gradWeight(
                  { dy: dy!, ids, groups: groups ?? ids },
                  { rows: weight.shape[0]!, paddingId, scale, into },
                )[0];
              },
            ];
          }),
        ),
    },
  });
}

const operations = Array.from({ length: MAX_TABLES }, (_, i) => defineEmbedding(i + 1));

/**
 * @param tables one to three: weight f32 [V, D] and the rows to take, all of one shape.
 * @param scale factor on the result. Default 1.
 * @returns f32 [..., D], the rows of all tables added up
 */
export function embedding(
  tables: readonly { readonly weight: Tensor; readonly tokens: TokenIds }[],
  scale = 1,
): Tensor {
  const operation = operations[tables.length - 1];
  if (!operation) throw new Error(`embedding takes one to ${MAX_TABLES} tables, not ${tables.length}`);
  const inputs = Object.fromEntries(tables.map(({ weight }, i) => [`weight${i}`, weight]));
  return operation(inputs, { tokens: tables.map(({ tokens }) => tokens), scale })[0]!;
}

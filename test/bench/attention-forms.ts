// How long the forms of attention take on this adapter, forward and backward, by the length of the texts: what
// `kernels/attention` chooses by. Tokens are as many at every length.

import * as tf from '@tensorflow/tfjs';
import { initializeEngine } from '#gpu/initialize.ts';
import { timeCommands } from '#gpu/time-commands.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { type AttentionForm, type Attrs, sizesOf } from '#kernels/attention/attention-call.ts';
import { flash } from '#kernels/attention/flash.ts';
import { fitsProducts, products } from '#kernels/attention/products.ts';
import { installDawn } from '../../src/headless/install-dawn.ts';

const TOKENS = 512;
const LENGTHS = [16, 32, 64, 128, 256, 512];
const HEADS = 4;
const ROUNDS = 3;

/** @returns a table in Markdown, milliseconds. */
export async function measureAttentionForms(): Promise<string> {
  installDawn();
  const { webgpu, info } = await initializeEngine('atelier');
  const rows: string[] = [];
  for (const headSize of [32, 64])
    for (const causal of [false, true])
      for (const length of LENGTHS) rows.push(await measureRow(webgpu!, { headSize, causal, length }));
  return [
    `Attention on ${info!.description || info!.vendor}: ${TOKENS} tokens, ${HEADS} heads, milliseconds forward and backward`,
    '',
    '| head size | causal | length | flash | products |',
    '| --- | --- | --- | ---: | ---: |',
    ...rows,
  ].join('\n');
}

interface Shape {
  readonly headSize: number;
  readonly causal: boolean;
  readonly length: number;
}

async function measureRow(backend: AtelierBackend, { headSize, causal, length }: Shape): Promise<string> {
  const batch = TOKENS / length;
  const width = 3 * HEADS * headSize;
  const qkv = tf.tensor(
    Float32Array.from({ length: TOKENS * width }, (_, i) => Math.sin(i)),
    [batch, length, width],
  );
  const mask = tf.ones([batch, length], 'int32');
  const dOutput = tf.ones([batch, length, HEADS * headSize]);
  const scale = headSize ** -0.5;
  const attrs = { heads: HEADS, kvHeads: HEADS, scale, causal, window: 0, segments: false, dropout: null };
  const time = (form: AttentionForm) => fastest(backend, () => runBoth(backend, form, { qkv, mask, dOutput }, attrs));
  const flashMs = await time(flash);
  const productsMs = fitsProducts(backend, qkv, attrs) ? (await time(products)).toFixed(1) : 'does not fit';
  tf.dispose([qkv, mask, dOutput]);
  return `| ${sizesOf(qkv, attrs).headSize} | ${causal} | ${length} | ${flashMs.toFixed(1)} | ${productsMs} |`;
}

/** Of some rounds, after one that compiles. */
async function fastest(backend: AtelierBackend, run: () => void): Promise<number> {
  await timeCommands(backend, run);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await timeCommands(backend, run));
  return Math.min(...times);
}

function runBoth(
  backend: AtelierBackend,
  form: AttentionForm,
  { qkv, mask, dOutput }: Readonly<Record<'qkv' | 'mask' | 'dOutput', tf.Tensor>>,
  attrs: Attrs,
): void {
  const made = form.forward(backend, qkv, mask, attrs).map((info) => tf.engine().makeTensorFromTensorInfo(info));
  const [output, statistics] = made as [tf.Tensor, tf.Tensor];
  const [dqkv] = form.backward(backend, { qkv, mask, output, statistics, dOutput }, attrs);
  backend.disposeData(dqkv!.dataId);
  tf.dispose(made);
}

// Those who train on WebGPU: in Node on Dawn, or in a browser. Each imports its library when it is called.

import type { Contestant } from './contestant.ts';

const ours = (precision: 'f32' | 'f16' | 'bf16'): Contestant => ({
  name: `atelier-${precision}`,
  precision,
  updates: ['adamw', 'adam'],
  run: async (step, plan) => (await import('./ours/atelier.ts')).runAtelier(step, plan, precision),
});

export const WEBGPU_CONTESTANTS: readonly Contestant[] = [
  ours('f32'),
  ours('f16'),
  ours('bf16'),
  {
    name: 'tfjs-stock',
    precision: 'f32',
    // tf.train has neither decoupled decay nor clipping.
    updates: ['adam'],
    run: async (step, plan) => (await import('./peers/stock-tfjs.ts')).runStockTfjs(step, plan),
  },
  {
    name: 'jax-js',
    // Its gradients do not pass through a cast (0.1.25), so f16 products over f32 weights can not be trained.
    precision: 'f32',
    updates: ['adamw', 'adam'],
    run: async (step, plan) => (await import('./peers/jax-js.ts')).runJaxJs(step, plan),
  },
];

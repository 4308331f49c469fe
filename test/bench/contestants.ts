// Who takes part, in the order of the table.

import type { Contestant } from './contestant.ts';
import { WEBGPU_CONTESTANTS } from './webgpu-contestants.ts';

export const CONTESTANTS: readonly Contestant[] = [
  ...WEBGPU_CONTESTANTS,
  {
    name: 'pytorch-cpu',
    precision: 'f32',
    updates: ['adamw', 'adam'],
    run: async (step, plan) => (await import('./peers/pytorch.ts')).runPytorch(step, plan, 'float32'),
  },
];

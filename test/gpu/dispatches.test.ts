// How many dispatches an update takes, with AdamW and clipping: counted on a device that does nothing, so that a model of
// any size is counted anywhere, as on a real GPU and as on an emulated one.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { WEBGPU_BACKEND } from '#gpu/backend-names.ts';
import { dryDevice } from '#gpu/dry-device.ts';
import { copyKernels, makeBackend } from '#gpu/make-backend.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { trainingStep } from '../bench/ours/atelier.ts';
import { findStep } from '../bench/steps.ts';
import { UPDATE_RULES } from '../bench/update-rules.ts';
import { startEngine } from '../setup/dawn.ts';

const BACKEND = 'counting';
/** Eagerly, recorded, and then replayed. */
const ROUNDS_BEFORE = 2;

beforeAll(() => startEngine());

async function dispatchesOf(id: string, software: boolean): Promise<number> {
  const real = activeWebGpu()!;
  const backend = makeBackend(dryDevice(real.device), real.info, software);
  copyKernels(WEBGPU_BACKEND, BACKEND);
  tf.registerBackend(BACKEND, () => backend);
  await tf.setBackend(BACKEND);
  try {
    const zeros = (_name: string, size: number): Float32Array => new Float32Array(size);
    const { update } = trainingStep(findStep(id), UPDATE_RULES.adamw, 'f32', zeros);
    for (let round = 0; round < ROUNDS_BEFORE; round++) update();
    const before = backend.dispatches;
    update();
    return backend.dispatches - before;
  } finally {
    await tf.setBackend(WEBGPU_BACKEND);
    tf.removeBackend(BACKEND);
  }
}

it.each([
  ['gpt-2l', true, 70],
  ['gpt-2l', false, 70],
  ['gpt-4l', true, 115],
  ['gpt-4l', false, 115],
  ['bert-base', false, 300],
])('%s, emulated: %s: at most %i', async (id, software, most) => {
  const dispatches = await dispatchesOf(id, software);
  expect(dispatches).toBeGreaterThan(20);
  expect(dispatches).toBeLessThanOrEqual(most);
});

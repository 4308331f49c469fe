// Steps that are recorded and replayed: the same bits as eager ones, over lengths, accumulation and a changing learning
// rate; nothing allocated; a reason where a step can not be recorded.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memoryUse } from '#gpu/memory.ts';
import { readTensor } from '#gpu/read-back.ts';
import { StepCache } from '#gpu/step-cache.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { dropout } from '#kernels/dropout/dropout.ts';
import { DropoutKey } from '#kernels/dropout/dropout-key.ts';
import type { ComputeStorage } from '#nn/forward-context.ts';
import { Gradients } from '#nn/gradients.ts';
import { AdamW } from '#optim/adamw.ts';
import { makeParamGroups } from '#optim/optimizer.ts';
import { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { tinyBert } from '../setup/tiny-bert.ts';

let backend: AtelierBackend;

beforeAll(async () => {
  backend = (await startEngine()).webgpu!;
});
beforeEach(() => tf.setBackend('atelier'));

/** Texts of one of three lengths, all of them padded differently. */
function batchAt(step: number): Batch {
  const [rows, length] = [4, [8, 16, 24][step % 3]!];
  const ids = Int32Array.from({ length: rows * length }, (_, i) => 1 + ((i * 7 + step * 5) % 30));
  const mask = Int32Array.from(ids, (_, i) => (i % length < length - Math.floor(i / length) ? 1 : 0));
  return {
    input_ids: { data: ids, shape: [rows, length] },
    attention_mask: { data: mask, shape: [rows, length] },
    labels: { data: Int32Array.from({ length: rows }, (_, row) => (row + step) % 2), shape: [rows] },
  };
}

interface Trained {
  readonly losses: number[];
  readonly weights: Float32Array[];
  readonly modes: readonly string[];
  readonly allocated: readonly number[];
}

/** 30 updates of two micro-batches each, dropout on. */
async function train(storage: ComputeStorage, recordedSteps: number, gradientCheckpointing = false): Promise<Trained> {
  const model = await tinyBert();
  const update = new OptimizerUpdate(
    new AdamW(makeParamGroups(model.namedParameters(), 0.01), { betas: [0.9, 0.999], eps: 1e-8 }),
    { maxGradNorm: 1, lossScaling: storage === 'f16', storage, recordedSteps },
  );
  const { lossScale, sinks } = update;
  const options = { seed: 5, storage, labelSmoothing: 0.1, lossScale, sinks, recordedSteps, gradientCheckpointing };
  const gradients = new Gradients(model, options);
  const result = { losses: [] as number[], modes: [] as string[], allocated: [] as number[] };
  for (let step = 0; step < 30; step++) {
    update.begin();
    for (const micro of [0, 1]) {
      const source = { batch: batchAt(step + micro), forwardStep: 2 * step + micro, numItemsInBatch: 8 };
      result.modes.push(gradients.addMicroBatch(source, micro === 0));
      result.losses.push((await readTensor(gradients.loss))[0]!);
    }
    update.step(gradients.byName, 1e-3 * (1 - step / 30));
    gradients.clear();
    result.allocated.push(memoryUse().allocatedBytes);
  }
  const weights = await Promise.all(
    [...model.namedParameters().values()].map(async ({ variable }) => (await readTensor(variable)) as Float32Array),
  );
  gradients.dispose();
  update.dispose();
  model.dispose();
  return { ...result, weights };
}

describe('replayed steps', () => {
  it.each(['f32', 'f16', 'bf16'] as const)('30 updates in %s equal eager ones bit for bit', async (storage) => {
    const [eager, replayed] = [await train(storage, 0), await train(storage, 32)];
    expect(new Set(eager.modes)).toEqual(new Set(['eager']));
    expect(replayed.modes.slice(0, 12)).toContain('recorded');
    expect(new Set(replayed.modes.slice(12))).toEqual(new Set(['replayed']));
    expect(replayed.losses).toEqual(eager.losses);
    expect(replayed.weights).toEqual(eager.weights);
    expect(new Set(eager.losses).size).toBeGreaterThan(50);
  });

  it('allocate nothing once all lengths are recorded', async () => {
    const { allocated } = await train('f32', 32);
    expect(new Set(allocated.slice(12)).size).toBe(1);
  });

  it('with gradient checkpointing are the same, dropout included', async () => {
    const [plain, checkpointed] = [await train('f32', 32), await train('f32', 32, true)];
    expect(checkpointed.modes).toEqual(plain.modes);
    expect(checkpointed.losses).toEqual(plain.losses);
    expect(checkpointed.weights).toEqual(plain.weights);
  });

  it('with room for two lengths forget the oldest, and stay right', async () => {
    const [eager, replayed] = [await train('f32', 0), await train('f32', 2)];
    expect(replayed.losses).toEqual(eager.losses);
    expect(replayed.weights).toEqual(eager.weights);
  });
});

describe('StepCache', () => {
  const output = () => tf.variable(tf.zeros([4]), false);

  it('feeds each run its own values', async () => {
    const steps = new StepCache<number>();
    const y = output();
    const seen: number[][] = [];
    for (const source of [1, 2, 3, 4]) {
      steps.run('key', source, (feed) => {
        const x = feed((value) => Float32Array.of(value, value + 1, value + 2, value + 3), [4]);
        const key = new DropoutKey(1, 1, () => feed(() => Int32Array.of(1, 1), [2]));
        const dropped = dropout(x, 1e-9, key);
        backend.copyOut(dropped, 0, 16, backend.bufferOf(y));
        dropped.dispose();
      });
      seen.push([...(await readTensor(y))]);
    }
    expect(seen).toEqual([1, 2, 3, 4].map((value) => [value, value + 1, value + 2, value + 3]));
    steps.dispose();
  });

  it.each([
    ['an operation of tfjs', 'operation of tfjs', (x: tf.Tensor) => tf.add(x, x)],
    [
      'values that are no feed',
      'other than its feeds',
      (x: tf.Tensor) => dropout(x, 0.5, new DropoutKey(1, 1, () => tf.tensor1d([1, 1], 'int32'))),
    ],
  ] as const)('runs a step with %s eagerly, and says why', (_name, reason, compute) => {
    const steps = new StepCache<number>();
    const modes = [1, 2, 3].map((source) =>
      steps.run('key', source, (feed) => {
        tf.dispose(tf.tidy(() => compute(feed((value) => new Float32Array(4).fill(value), [4]))));
      }),
    );
    expect(modes).toEqual(['eager', 'recorded', 'eager']);
    expect(steps.refusals).toEqual([expect.stringContaining(reason)]);
    steps.dispose();
  });
});

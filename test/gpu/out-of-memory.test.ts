// Memory that really runs out in a step: training starts again with fewer rows at once, on the same device. And memory
// that nobody uses, given back.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryUse } from '#gpu/memory.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import type { TaskModel } from '#models/task-model.ts';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import { startEngine } from '../setup/dawn.ts';
import { argumentsOf } from '../setup/linear-regression.ts';
import { losses } from '../setup/regression-run.ts';
import { tinyBert, tokenRows } from '../setup/tiny-bert.ts';

beforeAll(async () => {
  await startEngine();
  await tf.setBackend('atelier');
});

/** More than any device has: the largest of buffers, many times over. */
const BUFFERS = 64;
/** STORAGE | COPY_DST | COPY_SRC */
const USAGE = 0x80 | 0x8 | 0x4;

function exhaust(backend: AtelierBackend): void {
  const { maxBufferSize } = backend.device.limits;
  const asked = Array.from({ length: BUFFERS }, () => backend.pool.acquireBuffer(maxBufferSize, USAGE));
  // A command that can not be: what it makes invalid is reported too.
  const last = backend.makeView([4], 'f32', asked.at(-1)!, 0);
  backend.clear(last);
  backend.disposeData(last.dataId);
  for (const buffer of asked) backend.pool.releaseBuffer(buffer);
}

const NOTHING: MemoryPlan = {
  weights: 0,
  gradients: 0,
  optimizer: 0,
  activations: 0,
  logits: 0,
  training: 0,
  evaluation: 0,
  checkpoint: 0,
  peak: 0,
};

/** A tiny BERT that needs more memory than there is for more than `room` rows. */
async function hungryBert(room: number): Promise<TaskModel> {
  const model = await tinyBert();
  const forward = model.forward.bind(model);
  model.forward = (batch, options) => {
    if (batch['input_ids']!.shape[0]! > room) exhaust(activeWebGpu()!);
    return forward(batch, options);
  };
  return model;
}

const train = async (room: number, given: Record<string, unknown>, planMemory?: TrainerOptions['planMemory']) => {
  const changes: unknown[] = [];
  const trainer = new Trainer({
    model: await hungryBert(room),
    args: argumentsOf({ max_steps: 4, logging_strategy: 'steps', logging_steps: 1, learning_rate: 1e-3, ...given }),
    trainDataset: tokenRows(16),
    hooks: { onBatchSize: (change) => void changes.push(change) },
    ...(planMemory ? { planMemory } : {}),
  });
  await trainer.train();
  return { trainer, changes };
};

describe('torch_empty_cache_steps', () => {
  it('gives idle buffers back and changes no number', async () => {
    const run = async (given: Record<string, unknown>) => {
      const idle: number[] = [];
      const watch = {
        name: 'Watch',
        onStepEnd: () => {
          const { allocatedBytes, liveBytes } = memoryUse();
          idle.push(allocatedBytes - liveBytes);
        },
      };
      const args = argumentsOf({ max_steps: 6, logging_strategy: 'steps', logging_steps: 1, ...given });
      const trainer = new Trainer({ model: await tinyBert(), args, trainDataset: tokenRows(16), callbacks: [watch] });
      await trainer.train();
      return { idle, losses: losses(trainer) };
    };
    const given = await run({ torch_empty_cache_steps: 1 });
    const kept = await run({});
    expect(given.losses).toEqual(kept.losses);
    // The buffers of steps stay; what the weights came in does not.
    expect(given.idle).toHaveLength(6);
    for (const [i, bytes] of given.idle.entries()) expect(bytes).toBeLessThan(kept.idle[i]!);
  });
});

// The second of these leaves a device that has failed.
describe('auto_find_batch_size', () => {
  it('finds what fits, and trains as if it had begun there', async () => {
    const found = await train(2, { auto_find_batch_size: true, per_device_train_batch_size: 4 });
    expect(found.changes).toEqual([
      { from: 4, to: 3 },
      { from: 3, to: 2 },
    ]);
    const fitting = await train(2, { per_device_train_batch_size: 2 });
    expect(losses(found.trainer)).toEqual(losses(fitting.trainer));
  });

  it('passes over what the plan says can not fit', async () => {
    const asked: number[] = [];
    const plan = (batchSize: number): MemoryPlan => {
      asked.push(batchSize);
      return { ...NOTHING, peak: batchSize > 3 ? Number.POSITIVE_INFINITY : 1 };
    };
    const found = await train(3, { auto_find_batch_size: true, per_device_train_batch_size: 8 }, plan);
    expect(asked).toEqual([7, 6, 5, 4, 3]);
    expect(found.changes).toEqual([{ from: 8, to: 3 }]);
    expect(found.trainer.state.trainBatchSize).toBe(3);
  });

  it('off, memory that runs out ends the run', async () => {
    await expect(train(2, { per_device_train_batch_size: 4 })).rejects.toMatchObject({ code: 'E-GPU-MEMORY' });
  });
});

// skip_memory_metrics off: bytes of the device in the metrics of train, evaluate and predict, as HF has them.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryUse } from '#gpu/memory.ts';
import { Trainer } from '#trainer/trainer.ts';
import { startEngine } from '../setup/dawn.ts';
import { argumentsOf, LinearRegression, line } from '../setup/linear-regression.ts';

beforeAll(async () => void (await startEngine()));

const MEBIBYTE = 2 ** 20;

/** Holds 4 MiB more after its first forward pass, and needs 16 MiB for each of them. */
class Hungry extends LinearRegression {
  kept: tf.Tensor | null = null;

  override forward(...given: Parameters<LinearRegression['forward']>) {
    this.kept ??= tf.keep(tf.add(tf.zeros([MEBIBYTE]), 1));
    tf.dispose(tf.add(tf.zeros([4 * MEBIBYTE]), 1));
    return super.forward(...given);
  }
}

function start(skip_memory_metrics: boolean) {
  const args = argumentsOf({ max_steps: 2, skip_memory_metrics, eval_strategy: 'steps', eval_steps: 1 });
  return new Trainer({ model: new Hungry(), args, trainDataset: line(8), evalDataset: line(4) });
}

const memoryKeys = (metrics: object): string[] => Object.keys(metrics).filter((key) => key.includes('_mem_'));
const keysOf = (stage: string): string[] => [`${stage}_mem_gpu_alloc_delta`, `${stage}_mem_gpu_peaked_delta`];

describe('skip_memory_metrics', () => {
  it('off: training tells what it took; evaluations in it belong to it', async () => {
    const trainer = start(false);
    const { metrics } = await trainer.train();
    expect(memoryKeys(metrics)).toEqual(keysOf('train'));
    const last = trainer.state.logHistory.at(-1)!;
    expect(last).toMatchObject({ train_mem_gpu_alloc_delta: metrics['train_mem_gpu_alloc_delta'] });
    expect(trainer.state.logHistory.slice(0, -1).flatMap(memoryKeys)).toEqual([]);
    expect(metrics['train_mem_gpu_alloc_delta']).toBeGreaterThanOrEqual(4 * MEBIBYTE);
    expect(metrics['train_mem_gpu_peaked_delta']).toBeGreaterThanOrEqual(16 * MEBIBYTE);
  });

  it('off: evaluations and predictions of their own tell theirs, which is not logged', async () => {
    const trainer = start(false);
    const evaluation = await trainer.evaluate();
    expect(memoryKeys(evaluation)).toEqual(keysOf('eval'));
    expect(evaluation['eval_mem_gpu_alloc_delta']).toBeGreaterThanOrEqual(4 * MEBIBYTE);
    expect(trainer.state.logHistory.flatMap(memoryKeys)).toEqual([]);
    const before = memoryUse().allocatedBytes;
    const { metrics } = await trainer.predict(line(4));
    expect(memoryKeys(metrics)).toEqual(keysOf('test'));
    // The tensor that stays was made before.
    expect(metrics['test_mem_gpu_alloc_delta']).toBe(memoryUse().allocatedBytes - before);
    expect(metrics['test_mem_gpu_peaked_delta']).toBeGreaterThanOrEqual(16 * MEBIBYTE);
    // The set's name is in the prefix of the other metrics alone.
    const sets = await trainer.evaluate({ de: line(4), fr: line(4) });
    expect(memoryKeys(sets)).toEqual(keysOf('eval'));
  });

  it('on, as by default: no figures', async () => {
    const trainer = start(true);
    const { metrics } = await trainer.train();
    expect([metrics, await trainer.evaluate()].flatMap(memoryKeys)).toEqual([]);
  });
});

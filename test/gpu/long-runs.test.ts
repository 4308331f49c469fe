// Runs that are long enough to show what short ones hide: memory that grows, and halves that drift away.

import { beforeAll, describe, expect, it } from 'vitest';
import { memoryUse } from '#gpu/memory.ts';
import { Trainer } from '#trainer/trainer.ts';
import { startEngine } from '../setup/dawn.ts';
import { argumentsOf } from '../setup/linear-regression.ts';
import { losses } from '../setup/regression-run.ts';
import { tinyBert, tokenRows } from '../setup/tiny-bert.ts';

beforeAll(() => startEngine());

const NO_DROPOUT = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };

describe('2,000 steps', () => {
  it('hold no more at the end than after 200: tensors, live bytes, allocated bytes', async () => {
    const seen: { tensors: number; liveBytes: number; allocatedBytes: number }[] = [];
    const watch = {
      name: 'Watch',
      onStepEnd: ({ state }: { state: { globalStep: number } }) => {
        const { tensors, liveBytes, allocatedBytes } = memoryUse();
        if (state.globalStep % 100 === 0) seen.push({ tensors, liveBytes, allocatedBytes });
      },
    };
    const args = argumentsOf({
      max_steps: 2000,
      per_device_train_batch_size: 4,
      logging_strategy: 'steps',
      logging_steps: 50,
      eval_strategy: 'steps',
      eval_steps: 400,
    });
    const trainer = new Trainer({
      model: await tinyBert(),
      args,
      trainDataset: tokenRows(22),
      evalDataset: tokenRows(9),
      callbacks: [watch],
    });
    await trainer.train();
    expect(seen).toHaveLength(20);
    const most = (of: keyof (typeof seen)[number], from: number, to: number): number =>
      Math.max(...seen.slice(from, to).map((each) => each[of]));
    for (const of of ['tensors', 'liveBytes', 'allocatedBytes'] as const)
      expect(most(of, 10, 20), of).toBeLessThanOrEqual(most(of, 1, 10));
  });
});

describe('300 steps', () => {
  const lastLosses = async (given: Record<string, unknown>): Promise<{ first: number; last: number }> => {
    const args = argumentsOf({
      max_steps: 300,
      per_device_train_batch_size: 8,
      learning_rate: 3e-4,
      warmup_steps: 30,
      weight_decay: 0.01,
      logging_strategy: 'steps',
      logging_steps: 30,
      ...given,
    });
    const trainer = new Trainer({ model: await tinyBert(NO_DROPOUT), args, trainDataset: tokenRows(96) });
    await trainer.train();
    const logged = losses(trainer).map((entry) => entry['loss'] as number);
    return { first: logged[0]!, last: logged.at(-1)! };
  };

  it('in fp16 and bf16 end within 2 % of the loss in f32, which has learned', async () => {
    const full = await lastLosses({});
    expect(full.last).toBeLessThan(0.8 * full.first);
    for (const precision of ['fp16', 'bf16']) {
      const half = await lastLosses({ [precision]: true });
      expect(half.last, precision).not.toBe(full.last);
      expect(Math.abs(half.last / full.last - 1), precision).toBeLessThan(0.02);
    }
  });
});

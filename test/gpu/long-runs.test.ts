// Runs that are long enough to show what short ones hide: memory that grows, and halves that drift away.

import { beforeAll, describe, expect, it } from 'vitest';
import { memoryUse } from '#gpu/memory.ts';
import { Trainer } from '#trainer/trainer.ts';
import { startEngine } from '../setup/dawn.ts';
import { featureRows, LinearClassifier } from '../setup/linear-classifier.ts';
import { argumentsOf } from '../setup/linear-regression.ts';
import { losses } from '../setup/regression-run.ts';
import { tinyBert, tokenRows } from '../setup/tiny-bert.ts';

beforeAll(() => startEngine());

/** One layer: an emulated GPU takes its time for each of tens of thousands of dispatches. */
const SMALL = { num_hidden_layers: 1, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
const PATIENCE = 600_000;

describe('2,000 steps', () => {
  it('hold no more at the end than after 200: tensors, live bytes, allocated bytes', {
    timeout: PATIENCE,
  }, async () => {
    const seen: { tensors: number; liveBytes: number; allocatedBytes: number }[] = [];
    const reasons: string[] = [];
    const watch = {
      name: 'Watch',
      onStepEnd: ({ state }: { state: { globalStep: number } }) => {
        const { tensors, liveBytes, allocatedBytes } = memoryUse();
        if (state.globalStep % 100 === 0) seen.push({ tensors, liveBytes, allocatedBytes });
      },
    };
    const args = argumentsOf({
      max_steps: 2000,
      learning_rate: 1e-2,
      per_device_train_batch_size: 4,
      logging_strategy: 'steps',
      logging_steps: 50,
      eval_strategy: 'steps',
      eval_steps: 400,
    });
    const trainer = new Trainer({
      model: new LinearClassifier(),
      args,
      trainDataset: featureRows(22),
      evalDataset: featureRows(9),
      callbacks: [watch],
      hooks: { onNotReplayed: (reason) => void reasons.push(reason) },
    });
    await trainer.train();
    expect(reasons).toEqual([]);
    const logged = losses(trainer).map((entry) => entry['loss'] as number);
    expect(logged.at(-1)).toBeLessThan(0.8 * logged[0]!);
    expect(seen).toHaveLength(20);
    const most = (of: keyof (typeof seen)[number], from: number, to: number): number =>
      Math.max(...seen.slice(from, to).map((each) => each[of]));
    // Updates in flight, at most two, hold a loss and a state each; a leak of one number a step would be 4,000 bytes.
    const inFlight = { tensors: 4, liveBytes: 512, allocatedBytes: 512 };
    for (const of of ['tensors', 'liveBytes', 'allocatedBytes'] as const)
      expect(most(of, 10, 20), of).toBeLessThanOrEqual(most(of, 1, 10) + inFlight[of]);
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
    const trainer = new Trainer({ model: await tinyBert(SMALL), args, trainDataset: tokenRows(96) });
    await trainer.train();
    const logged = losses(trainer).map((entry) => entry['loss'] as number);
    return { first: logged[0]!, last: logged.at(-1)! };
  };

  it('in fp16 and bf16 end within 2 % of the loss in f32, which has learned', { timeout: PATIENCE }, async () => {
    const full = await lastLosses({});
    expect(full.last).toBeLessThan(0.8 * full.first);
    for (const precision of ['fp16', 'bf16']) {
      const half = await lastLosses({ [precision]: true });
      expect(half.last, precision).not.toBe(full.last);
      expect(Math.abs(half.last / full.last - 1), precision).toBeLessThan(0.02);
    }
  });
});

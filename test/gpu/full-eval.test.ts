// fp16_full_eval and bf16_full_eval: evaluations outside of training in halves, those of training as training.

import { beforeAll, expect, it } from 'vitest';
import { Trainer } from '#trainer/trainer.ts';
import { startEngine } from '../setup/dawn.ts';
import { argumentsOf } from '../setup/linear-regression.ts';
import { tinyBert, tokenRows } from '../setup/tiny-bert.ts';

beforeAll(() => startEngine());

const losses = async (given: Record<string, unknown>) => {
  const args = argumentsOf({ max_steps: 4, eval_strategy: 'steps', eval_steps: 4, learning_rate: 1e-3, ...given });
  const model = await tinyBert();
  const trainer = new Trainer({ model, args, trainDataset: tokenRows(16), evalDataset: tokenRows(9) });
  await trainer.train();
  const within = trainer.state.logHistory.find((entry) => 'eval_loss' in entry)!['eval_loss'] as number;
  const after = (await trainer.evaluate())['eval_loss'] as number;
  trainer.dispose();
  model.dispose();
  return { within, after };
};

it.each([
  ['fp16_full_eval', 1e-3],
  ['bf16_full_eval', 1e-2],
])('%s', async (name, tolerance) => {
  const plain = await losses({});
  expect(plain.after).toBe(plain.within);
  const halves = await losses({ [name]: true });
  expect(halves.within).toBe(plain.within);
  expect(halves.after).not.toBe(plain.after);
  expect(Math.abs(halves.after / plain.after - 1)).toBeLessThan(tolerance);
});

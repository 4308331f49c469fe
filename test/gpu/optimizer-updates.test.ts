// Whole updates of every optimizer: recorded ones have the bits of eager ones, half-precision copies follow the weights,
// an overflow changes nothing, and what was saved goes on as if nothing had happened.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { setValues } from '#gpu/arena.ts';
import { readTensor } from '#gpu/read-back.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { Parameter } from '#nn/parameter.ts';
import { createOptimizer, type OptimizerArguments } from '#optim/create-optimizer.ts';
import { OptimizerUpdate } from '#optim/optimizer-update.ts';
import { OPTIMIZERS } from '#protocol/optimizer-settings.ts';
import { startEngine } from '../setup/dawn.ts';
import { values } from '../setup/tensors.ts';

beforeAll(async () => void (await startEngine()));

/** Large enough for states of 8 bits, with a last block that is not full; rows that are no multiple of four; a vector. */
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'a.weight': [65, 80],
  'b.weight': [33, 7],
  'b.bias': [7],
};
const OVERFLOW_AT = 4;
const SETTINGS: Partial<Record<OptimizerArguments['optim'], OptimizerArguments['optimArgs']>> = {
  sgd: { momentum: 0.9 },
  rmsprop: { momentum: 0.5, centered: true },
};

type Storage = 'f32' | 'f16' | 'bf16';

function start(optim: OptimizerArguments['optim'], storage: Storage, recordedSteps: number) {
  const parameters = new Map(
    Object.entries(SHAPES).map(([name, shape], i) => {
      const parameter = new Parameter(shape, 'zeros');
      parameter.load(values(parameter.size, i + 1));
      return [name, parameter];
    }),
  );
  const optimizer = createOptimizer(parameters, {
    optim,
    optimArgs: SETTINGS[optim] ?? {},
    weightDecay: 0.1,
    adamBeta1: 0.9,
    adamBeta2: 0.99,
    adamEpsilon: 1e-8,
    warmupSteps: 2,
  });
  const update = new OptimizerUpdate(optimizer, { maxGradNorm: 1, lossScaling: true, storage, recordedSteps });
  return { parameters, optimizer, update };
}
type Run = ReturnType<typeof start>;

function step({ parameters, update }: Run, number: number): void {
  update.begin();
  const gradients = new Map(
    [...parameters].map(([name, { size, shape }], i) => {
      const numbers = values(size, 10 * number + i).map((value) => value * 65536);
      if (number === OVERFLOW_AT) numbers[0] = Infinity;
      return [name, tf.tensor(numbers, [...shape])];
    }),
  );
  update.step(gradients, 0.01 / number);
  tf.dispose([...gradients.values()]);
}

const bits = async (tensor: tf.Tensor): Promise<string> =>
  Buffer.from((await readTensor(tensor)).slice().buffer).toString('base64');

/** Weights, their copies, and all states. */
async function everything({ parameters, optimizer, update }: Run): Promise<Record<string, string>> {
  const found: Record<string, string> = { update: await bits(update.state) };
  for (const [name, parameter] of parameters) {
    found[name] = await bits(parameter.variable);
    if (parameter.half) found[`half ${name}`] = await bits(castStorage(parameter.half, 'f32'));
  }
  for (const [name, tensor] of optimizer.stateTensors()) found[name] = await bits(tensor);
  return found;
}

describe.each(OPTIMIZERS)('%s', (optim) => {
  it.each(['f32', 'f16', 'bf16'] as const)(
    'recorded updates have the bits of eager ones, copies in %s',
    async (storage) => {
      const results: Record<string, string>[] = [];
      for (const recordedSteps of [0, 32]) {
        const run = start(optim, storage, recordedSteps);
        for (let number = 1; number <= 6; number++) {
          const before = number === OVERFLOW_AT ? await everything(run) : {};
          step(run, number);
          const { update: _, ...same } = before;
          if (number === OVERFLOW_AT) expect(await everything(run)).toMatchObject(same);
        }
        results.push(await everything(run));
        for (const [name, parameter] of run.parameters) {
          if (storage === 'f32' || SHAPES[name]!.at(-1)! % 4 !== 0) continue;
          const fresh = castStorage(castStorage(parameter.variable, storage), 'f32');
          expect(await bits(castStorage(parameter.half!, 'f32'))).toBe(await bits(fresh));
        }
        run.update.dispose();
      }
      expect(results[1]).toEqual(results[0]);
    },
  );

  it('goes on from what was saved', async () => {
    const [whole, resumed] = [start(optim, 'f16', 32), start(optim, 'f16', 32)];
    for (let number = 1; number <= 3; number++) step(whole, number);
    for (const run of [whole, resumed]) run.update.putWeights('averaged');
    for (const [name, { variable }] of whole.parameters) {
      resumed.parameters.get(name)!.load((await readTensor(variable)) as Float32Array);
    }
    const saved = whole.optimizer.stateTensors();
    for (const [name, tensor] of resumed.optimizer.stateTensors())
      setValues(tensor, await readTensor(saved.get(name)!));
    resumed.update.restore((await readTensor(whole.update.state)) as Float32Array);
    for (let number = 5; number <= 8; number++) for (const run of [whole, resumed]) step(run, number);
    expect(await everything(resumed)).toEqual(await everything(whole));
  });

  it('frees what it allocated', () => {
    const before = tf.memory().numTensors;
    const run = start(optim, 'f32', 0);
    step(run, 1);
    run.update.putWeights('averaged');
    run.update.dispose();
    for (const parameter of run.parameters.values()) parameter.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('averages only where the optimizer does', async () => {
  const run = start('schedule_free_adamw', 'f16', 0);
  for (let number = 1; number <= 3; number++) step(run, number);
  const trained = await everything(run);
  run.update.putWeights('averaged');
  const averaged = await everything(run);
  expect(averaged['a.weight']).not.toBe(trained['a.weight']);
  expect(averaged['half a.weight']).not.toBe(trained['half a.weight']);
  run.update.putWeights('trained');
  expect(await everything(run)).toEqual(trained);
});

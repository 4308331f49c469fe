// The update kernels on the device: against torch's states, against their references, and the loss scale's own rules.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setValues } from '#gpu/arena.ts';
import { readTensor } from '#gpu/read-back.ts';
import { storageOf } from '#gpu/tensor-storage.ts';
import { reference as adagradReference, adagradStep } from '#kernels/adagrad-step/adagrad-step.ts';
import { reference as adamWReference, adamWStep } from '#kernels/adamw-step/adamw-step.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { reference as lionReference, lionStep } from '#kernels/lion-step/lion-step.ts';
import { reference as rmspropReference, rmspropStep } from '#kernels/rmsprop-step/rmsprop-step.ts';
import {
  reference as scheduleFreeReference,
  scheduleFreeStep,
} from '#kernels/schedule-free-step/schedule-free-step.ts';
import { reference as sgdReference, sgdStep } from '#kernels/sgd-step/sgd-step.ts';
import type { ParameterStep } from '#kernels/shared/parameter-update.ts';
import { sumOfSquares } from '#kernels/sum-of-squares/sum-of-squares.ts';
import { advanceUpdateState, createUpdateState, nextState, STATE } from '#kernels/update-state/update-state.ts';
import { Adafactor } from '#optim/adafactor.ts';
import { AdamW } from '#optim/adamw.ts';
import { makeParamGroups } from '#optim/optimizer.ts';
import { OptimizerUpdate, reportOf } from '#optim/optimizer-update.ts';
import { startEngine } from '../setup/dawn.ts';
import { expectGolden8bit, expectGoldenSteps, GOLDEN_CASES, parameterOf } from '../setup/optimizer-golden.ts';
import { expectClose, values } from '../setup/tensors.ts';

beforeAll(async () => void (await startEngine()));
beforeEach(() => tf.setBackend('atelier'));

describe('five steps beside the reference', () => {
  it('adamw_8bit', () => expectGolden8bit());
  it.each(GOLDEN_CASES)('%s', (name) => expectGoldenSteps(name));
  it.each(GOLDEN_CASES)('%s with a scaled loss', (name) => expectGoldenSteps(name, { lossScaling: true }));
  it.each(GOLDEN_CASES)('%s from gradients that lay in f16', (name) => {
    let halves = 0;
    const store = (gradient: tf.Tensor): tf.Tensor => {
      // Halves come in fours: the values are padded for their stay.
      const wide = tf.pad(tf.reshape(gradient, [gradient.size]), [[0, (4 - (gradient.size % 4)) % 4]]);
      const half = castStorage(wide, 'f16');
      if (storageOf(half) === 'f16') halves++;
      return tf.reshape(tf.slice(castStorage(half, 'f32'), [0], [gradient.size]), gradient.shape);
    };
    return expectGoldenSteps(name, { store }).then(() => expect(halves).toBe(10));
  });
});

const SIZES = [1, 3, 64, 127, 256, 1025];

/** Runs an update on copies of the same numbers on both backends; the variables after it. */
async function onBoth(
  size: number,
  variables: number,
  run: (reference: boolean, variables: tf.Variable[], grad: tf.Tensor, state: tf.Tensor) => void,
) {
  const results: Float32Array[][] = [];
  for (const backend of ['cpu', 'atelier']) {
    await tf.setBackend(backend);
    // Second moments are not negative.
    const made = Array.from({ length: variables }, (_, i) =>
      tf.variable(tf.tensor1d(values(size, i + 1).map(i === 2 ? Math.abs : (v) => v)), false),
    );
    const state = tf.tensor1d([3, 0.271, 0.003, 8, 0, 0, 2, 0.0625]);
    const grad = tf.tensor1d(values(size, 9).map((v) => v * 20));
    run(backend === 'cpu', made, grad, state);
    results.push(await Promise.all(made.map(async (variable) => (await readTensor(variable)) as Float32Array)));
    tf.dispose([made, state, grad]);
  }
  return { expected: results[0]!, actual: results[1]! };
}

const CLOSE = { absolute: 1e-6, relative: 2e-6 };
const SUMMED = { absolute: 1e-6, relative: 1e-5 };

describe('kernels against their references', () => {
  it.each(SIZES)('adamw-step, %i elements', async (size) => {
    const { expected, actual } = await onBoth(size, 3, (reference, [p, m, v], grad, state) => {
      const step = {
        p: p!,
        m: m!,
        v: v!,
        half: null,
        first: 0,
        size,
        grad,
        state,
        lr: tf.tensor1d([0.01]),
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        weightDecay: 0.1,
      };
      (reference ? adamWReference : adamWStep)(step);
    });
    for (const [i, array] of expected.entries()) expectClose(actual[i]!, array, CLOSE, 'p m v'[i * 2]!);
    expect(expected[0]).not.toEqual(values(size, 1));
  });

  for (const [name, options] of Object.entries({
    plain: { momentum: 0, dampening: 0, nesterov: false },
    momentum: { momentum: 0.9, dampening: 0.1, nesterov: false },
    nesterov: { momentum: 0.9, dampening: 0, nesterov: true },
  })) {
    it.each(SIZES)(`sgd-step, ${name}, %i elements`, async (size) => {
      const { expected, actual } = await onBoth(size, 2, (reference, [p, b], grad, state) => {
        const buffer = options.momentum > 0 ? b! : null;
        (reference ? sgdReference : sgdStep)({
          p: p!,
          buffer,
          half: null,
          first: 0,
          size,
          grad,
          state,
          lr: tf.tensor1d([0.01]),
          weightDecay: 0.1,
          ...options,
        });
      });
      for (const [i, array] of expected.entries()) expectClose(actual[i]!, array, CLOSE, i === 0 ? 'p' : 'buffer');
      expect(expected[0]).not.toEqual(values(size, 1));
    });
  }

  const elementwise: Record<string, (reference: boolean, operands: ParameterStep, beside: tf.Tensor[]) => void> = {
    adagrad: (reference, operands, [, sum]) =>
      (reference ? adagradReference : adagradStep)({ ...operands, sum: sum!, lrDecay: 0.1, eps: 1e-10 }),
    rmsprop: (reference, operands, [, v, buffer]) =>
      (reference ? rmspropReference : rmspropStep)({
        ...operands,
        v: v!,
        buffer: buffer!,
        average: null,
        alpha: 0.9,
        eps: 1e-8,
        momentum: 0.5,
      }),
    lion: (reference, operands, [m]) =>
      (reference ? lionReference : lionStep)({ ...operands, m: m!, beta1: 0.9, beta2: 0.999 }),
    'schedule-free': (reference, operands, [z, v]) =>
      (reference ? scheduleFreeReference : scheduleFreeStep)({
        ...operands,
        lr: tf.tensor1d([0.01, 0.02, 0.1, 0.25]),
        z: z!,
        v: v!,
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
      }),
  };
  for (const [name, run] of Object.entries(elementwise)) {
    it.each(SIZES)(`${name}-step, %i elements`, async (size) => {
      const { expected, actual } = await onBoth(size, 4, (reference, [p, ...beside], grad, state) => {
        const lr = tf.tensor1d([0.01]);
        run(reference, { p: p!, half: null, first: 0, size, grad, state, lr, weightDecay: 0.1 }, beside);
      });
      for (const [i, array] of expected.entries()) expectClose(actual[i]!, array, CLOSE, `array ${i}`);
      expect(expected[0]).not.toEqual(values(size, 1));
    });
  }

  it.each([[[1, 1]], [[3, 5]], [[65, 80]], [[700, 130]], [[2000, 7]], [[1]], [[1025]], [[5003]]])(
    'adafactor-step of [%s]',
    async (shape) => {
      const size = shape.reduce((product, n) => product * n, 1);
      const results: Float32Array[][] = [];
      for (const backend of ['cpu', 'atelier']) {
        await tf.setBackend(backend);
        const parameters = new Map([['w', parameterOf([...values(size, 1)], shape)]]);
        const optimizer = new Adafactor(makeParamGroups(parameters, 0.1));
        const [block] = optimizer.blocks;
        const state = tf.tensor1d([3, 0, 0, 8, 0, 0, 2, 0.0625]);
        const numbers = values(size, 9).map((value) => value * 20);
        const gradient = block!.zeros();
        setValues(gradient.part('w'), numbers);
        const [range] = block!.rangesOf(new Set(['w']));
        optimizer.step([{ block: block!, gradient: gradient.all, half: null, ...range! }], state, tf.tensor1d([0.01]));
        const after = [parameters.get('w')!.variable, ...optimizer.stateTensors().values()];
        results.push(await Promise.all(after.map(async (tensor) => (await readTensor(tensor)) as Float32Array)));
      }
      for (const [i, array] of results[0]!.entries()) expectClose(results[1]![i]!, array, SUMMED, `array ${i}`);
      expect(results[0]![0]).not.toEqual(values(size, 1));
    },
  );

  it.each([[1], [5, 8192], [8193, 3, 20_000]])('sum-of-squares of tensors of %i ... elements', async (...sizes) => {
    const partials = sumOfSquares(
      sizes.map((size, i) => ({ tensor: tf.tensor1d(values(size, i + 1)), first: 0, size })),
    );
    const sum = ((await readTensor(partials)) as Float32Array).reduce((total, value) => total + value, 0);
    const expected = sizes
      .flatMap((size, i) => [...values(size, i + 1)])
      .reduce((total, value) => total + value * value, 0);
    expectClose([sum], [expected], { absolute: 0, relative: 2e-6 });
  });

  it('update-state, step after step', async () => {
    const hyper = { maxGradNorm: 1, beta1: 0.9, beta2: 0.999, lossScaling: true, growthInterval: 3 };
    const state = createUpdateState(8);
    let expected = (await readTensor(state)) as Float32Array;
    const used: number[] = [];
    for (const sum of [1, 1e-6, Infinity, 400, 2, 0.5, Number.NaN, 3, 1e30]) {
      used.push(expected[STATE.lossScale]!);
      advanceUpdateState(state, tf.tensor1d([sum / 2, sum / 2]), hyper);
      expected = nextState(expected, sum, false, hyper);
      const actual = (await readTensor(state)) as Float32Array;
      const finite = Number.isFinite(sum) ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 2, 3, 4, 5];
      expectClose(
        finite.map((i) => actual[i]!),
        finite.map((i) => expected[i]!),
        { absolute: 0, relative: 1e-6 },
        `after ${sum}`,
      );
    }
    expect(used).toEqual([8, 8, 8, 4, 4, 4, 8, 4, 4]);
  });
});

describe('OptimizerUpdate on the device', () => {
  const start = (lossScaling: boolean) => {
    const parameters = new Map([['w', parameterOf([1, -2, 3, 4, 5])]]);
    const optimizer = new AdamW(makeParamGroups(parameters, 0.1), { betas: [0.9, 0.999], eps: 1e-8 });
    const update = new OptimizerUpdate(optimizer, { maxGradNorm: 1, lossScaling });
    const read = async () => {
      const tensors = [parameters.get('w')!.variable, ...optimizer.stateTensors().values()];
      return Promise.all(tensors.map(async (tensor) => [...(await readTensor(tensor))]));
    };
    const step = async (gradient: number[]) => {
      update.step(new Map([['w', tf.tensor1d(gradient)]]), 0.01);
      return reportOf((await readTensor(update.stateCopy())) as Float32Array);
    };
    return { update, optimizer, parameters, read, step };
  };

  it('skips infinite gradients and halves the scale', async () => {
    const run = start(true);
    expect(await run.step([65536, 0, 0, 0, 0])).toEqual({ gradNorm: 1, skipped: false, lossScale: 65536 });
    const before = await run.read();
    expect(await run.step([1, Infinity, 0, 0, 0])).toEqual({ gradNorm: Infinity, skipped: true, lossScale: 32768 });
    expect(await run.step([1, 0, 0, Number.NaN, 0])).toEqual({ gradNorm: Infinity, skipped: true, lossScale: 16384 });
    expect(await run.read()).toEqual(before);
  });

  it('skips a step in which a value did not fit f16, and begin() forgets it', async () => {
    const run = start(true);
    run.update.begin();
    castStorage(tf.tensor1d([1e5, 0, 0, 0]), 'f16');
    const before = await run.read();
    expect(await run.step([1, 1, 1, 1, 1])).toMatchObject({ skipped: true, lossScale: 32768 });
    expect(await run.read()).toEqual(before);
    run.update.begin();
    expect(await run.step([1, 1, 1, 1, 1])).toMatchObject({ skipped: false, lossScale: 32768 });
    expect(await run.read()).not.toEqual(before);
  });

  it('continues exactly from what was saved', async () => {
    const [whole, resumed] = [start(true), start(true)];
    await whole.step([1, 2, 3, 4, 5]);
    await whole.step([-1, 2, -3, 4, -5]);
    const [weights, ...moments] = await whole.read();
    resumed.parameters.get('w')!.load(Float32Array.from(weights!));
    for (const [i, variable] of [...resumed.optimizer.stateTensors().values()].entries()) {
      setValues(variable, Float32Array.from(moments[i]!));
    }
    resumed.update.restore((await readTensor(whole.update.stateCopy())) as Float32Array);
    for (const run of [whole, resumed]) await run.step([9, -7, 5, -3, 1]);
    expect(await resumed.read()).toEqual(await whole.read());
  });
});

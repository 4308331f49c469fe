import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Parameter } from '#nn/parameter.ts';
import { Adafactor } from '#optim/adafactor.ts';
import { Adagrad } from '#optim/adagrad.ts';
import { AdamW } from '#optim/adamw.ts';
import { createOptimizer, optimizerStateBytes } from '#optim/create-optimizer.ts';
import { makeParamGroups, type Optimizer } from '#optim/optimizer.ts';
import { OptimizerUpdate } from '#optim/optimizer-update.ts';
import { Rmsprop } from '#optim/rmsprop.ts';
import { Sgd } from '#optim/sgd.ts';
import { OPTIMIZERS } from '#protocol/optimizer-settings.ts';
import { expectGolden8bit, expectGoldenSteps, GOLDEN_CASES, parameterOf } from '../../setup/optimizer-golden.ts';
import { expectClose } from '../../setup/tensors.ts';

beforeAll(() => tf.setBackend('cpu'));

/** p = 1, rate 0.01, decay 0.1, gradients 0.1, -0.2, 0.3: p after each step. */
function scalarSteps(make: (parameters: Map<string, Parameter>) => Optimizer): number[] {
  const parameters = new Map([['w', parameterOf([1])]]);
  const update = new OptimizerUpdate(make(parameters), { maxGradNorm: 0, lossScaling: false });
  return [0.1, -0.2, 0.3].map((gradient) => {
    update.step(new Map([['w', tf.tensor1d([gradient])]]), 0.01);
    return parameters.get('w')!.variable.dataSync()[0]!;
  });
}

const ROUNDING = { absolute: 0, relative: 2e-7 };

describe('scalar steps', () => {
  it('AdamW', () => {
    const steps = scalarSteps((p) => new AdamW(makeParamGroups(p, 0.1), { betas: [0.9, 0.999], eps: 1e-8 }));
    expectClose(steps, [0.9890000009999999, 0.9916720360378488, 0.9872479533577363], ROUNDING);
  });
  it('SGD with momentum', () => {
    const steps = scalarSteps(
      (p) => new Sgd(makeParamGroups(p, 0.1), { momentum: 0.9, dampening: 0, nesterov: false }),
    );
    expectClose(steps, [0.998, 0.997202, 0.992486598], ROUNDING);
  });
  it('Adagrad', () => {
    const steps = scalarSteps((p) => new Adagrad(makeParamGroups(p, 0.1), { lrDecay: 0, eps: 1e-10 }));
    expectClose(steps, [0.990000000005, 0.9945078057157729, 0.9857861298391388], ROUNDING);
  });
  it('RMSprop', () => {
    const options = { alpha: 0.99, eps: 1e-8, momentum: 0, centered: false };
    const steps = scalarSteps((p) => new Rmsprop(makeParamGroups(p, 0.1), options));
    expectClose(steps, [0.9000000499999751, 0.9483779717237412, 0.8616119535839233], ROUNDING);
  });
});

describe('two steps of a matrix', () => {
  it('Adafactor', () => {
    const parameters = new Map([['w', parameterOf([1, 2, 3, 4], [2, 2])]]);
    const update = new OptimizerUpdate(new Adafactor(makeParamGroups(parameters, 0.1)), {
      maxGradNorm: 0,
      lossScaling: false,
    });
    const step = (...gradient: number[]) => {
      update.step(new Map([['w', tf.tensor2d(gradient, [2, 2])]]), 0.01);
      return parameters.get('w')!.variable.dataSync();
    };
    expectClose(
      step(0.1, 0.2, 0.3, -0.4),
      [0.9912540333075852, 1.9870455488498966, 2.9866076951545866, 4.005797958971133],
      ROUNDING,
    );
    expectClose(
      step(-0.1, 0.2, 0.3, 0.4),
      [0.9980087459666924, 1.9741040521509432, 2.9732287826140187, 3.9919942020410293],
      ROUNDING,
    );
  });
});

describe('five steps beside the reference', () => {
  it.each(GOLDEN_CASES)('%s', (name) => expectGoldenSteps(name));
  it.each(GOLDEN_CASES)('%s with a scaled loss', (name) => expectGoldenSteps(name, { lossScaling: true }));
  it('adamw_8bit', () => expectGolden8bit());
});

const args = {
  optimArgs: {},
  weightDecay: 0.1,
  adamBeta1: 0.8,
  adamBeta2: 0.99,
  adamEpsilon: 1e-6,
  warmupSteps: 0,
} as const;

describe('createOptimizer', () => {
  it('makes AdamW for both of its names', () => {
    for (const optim of ['adamw_torch', 'adamw_torch_fused'] as const) {
      const optimizer = createOptimizer(new Map([['w', parameterOf([1, 2])]]), { ...args, optim });
      expect(optimizer.betas).toEqual([0.8, 0.99]);
      expect([...optimizer.stateTensors().keys()]).toEqual(['exp_avg.w', 'exp_avg_sq.w']);
    }
  });
  it('makes SGD with the settings of optim_args, and no buffers without momentum', () => {
    const momentum = { ...args, optim: 'sgd' as const, optimArgs: { momentum: 0.9, nesterov: true } };
    expect([
      ...createOptimizer(new Map([['w', parameterOf([1])]]), momentum)
        .stateTensors()
        .keys(),
    ]).toEqual(['momentum_buffer.w']);
    const plain = createOptimizer(new Map([['w', parameterOf([1])]]), { ...args, optim: 'sgd' });
    expect(plain.stateTensors().size).toBe(0);
  });
});

describe('optimizerStateBytes', () => {
  it.each(OPTIMIZERS)('%s: what its state takes', (optim) => {
    const parameters = new Map([
      ['large', parameterOf(Array(5200).fill(0), [65, 80])],
      ['small', parameterOf(Array(21).fill(0), [3, 7])],
      ['bias', parameterOf([0, 0, 0])],
    ]);
    const given = { ...args, optim, optimArgs: optim === 'rmsprop' ? { momentum: 0.5, centered: true } : {} };
    const optimizer = createOptimizer(parameters, given);
    optimizer.putWeights?.('averaged', () => null);
    // A few numbers for the whole optimizer do not count.
    const tensors = [...optimizer.stateTensors()].filter(([name]) => name.includes('.'));
    const bytes = tensors.reduce((sum, [, { size }]) => sum + 4 * size, 0);
    expect(optimizerStateBytes(parameters.values(), given)).toBe(bytes);
  });
});

describe('a parameter without gradient', () => {
  it('is left alone, decay included', () => {
    const parameters = new Map([
      ['used', parameterOf([1])],
      ['unused', parameterOf([3])],
    ]);
    const optimizer = new AdamW(makeParamGroups(parameters, 0.5), { betas: [0.9, 0.999], eps: 1e-8 });
    const update = new OptimizerUpdate(optimizer, { maxGradNorm: 1, lossScaling: false });
    update.step(new Map([['used', tf.tensor1d([1])]]), 0.1);
    expect(parameters.get('unused')!.variable.dataSync()[0]).toBe(3);
    expect(parameters.get('used')!.variable.dataSync()[0]).toBeCloseTo(0.85, 6);
  });
});

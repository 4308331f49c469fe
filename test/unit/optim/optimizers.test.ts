import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Parameter } from '#nn/parameter.ts';
import { AdamW } from '#optim/adamw.ts';
import { createOptimizer } from '#optim/create-optimizer.ts';
import { makeParamGroups, type Optimizer } from '#optim/optimizer.ts';
import { OptimizerUpdate } from '#optim/optimizer-update.ts';
import { Sgd } from '#optim/sgd.ts';
import { expectGoldenSteps, GOLDEN_CASES, parameterOf } from '../../setup/optimizer-golden.ts';
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
});

describe('five steps beside torch', () => {
  it.each(GOLDEN_CASES)('%s', (name) => expectGoldenSteps(name));
  it.each(GOLDEN_CASES)('%s with a scaled loss', (name) => expectGoldenSteps(name, { lossScaling: true }));
});

describe('createOptimizer', () => {
  const args = { optimArgs: {}, weightDecay: 0.1, adamBeta1: 0.8, adamBeta2: 0.99, adamEpsilon: 1e-6 } as const;
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

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { setValues } from '#gpu/arena.ts';
import { advanceUpdateState, createUpdateState, STATE } from '#kernels/update-state/update-state.ts';
import { AdamW } from '#optim/adamw.ts';
import { makeParamGroups } from '#optim/optimizer.ts';
import { OptimizerUpdate, reportOf } from '#optim/optimizer-update.ts';
import { parameterOf } from '../../setup/optimizer-golden.ts';

beforeAll(() => tf.setBackend('cpu'));

const HYPER = { maxGradNorm: 1, beta1: 0.9, beta2: 0.999, lossScaling: true, growthInterval: 3 };

describe('advanceUpdateState', () => {
  it("moves the loss scale as torch's GradScaler: start 8, interval 3, overflow at the third step", () => {
    const state = createUpdateState(8);
    const scales = Array.from({ length: 8 }, (_, i) => {
      const used = state.dataSync()[STATE.lossScale];
      advanceUpdateState(state, tf.tensor1d([i === 2 ? Infinity : 1]), HYPER);
      return used;
    });
    expect(scales).toEqual([8, 8, 8, 4, 4, 4, 8, 8]);
    expect(state.dataSync()[STATE.growthTracker]).toBe(2);
    expect(state.dataSync()[STATE.step]).toBe(7);
  });

  it('clips to the norm and takes the scale out', () => {
    const state = createUpdateState(4);
    advanceUpdateState(state, tf.tensor1d([9 * 16, 16 * 16]), { ...HYPER, maxGradNorm: 2 });
    const values = state.dataSync();
    expect(values[STATE.gradNorm]).toBe(5);
    expect(values[STATE.gradFactor]).toBeCloseTo(2 / (5 + 1e-6) / 4, 7);
  });

  it('leaves small gradients and, at 0, all of them unclipped', () => {
    const small = createUpdateState(1);
    advanceUpdateState(small, tf.tensor1d([0.25]), HYPER);
    expect(small.dataSync()[STATE.gradFactor]).toBe(1);
    const large = createUpdateState(1);
    advanceUpdateState(large, tf.tensor1d([100]), { ...HYPER, maxGradNorm: 0 });
    expect(large.dataSync()[STATE.gradFactor]).toBe(1);
    expect(large.dataSync()[STATE.gradNorm]).toBe(10);
  });

  it('without loss scaling it skips nothing: a NaN goes through, as in torch', () => {
    const state = createUpdateState(1);
    advanceUpdateState(state, tf.tensor1d([Number.NaN]), { ...HYPER, lossScaling: false });
    const values = state.dataSync();
    expect([values[STATE.foundInf], values[STATE.step], values[STATE.lossScale]]).toEqual([0, 1, 1]);
    expect(values[STATE.gradNorm]).toBeNaN();
  });
});

function adamW(lossScaling: boolean) {
  const parameters = new Map([['w', parameterOf([1, -2, 3])]]);
  const optimizer = new AdamW(makeParamGroups(parameters, 0.1), { betas: [0.9, 0.999], eps: 1e-8 });
  const update = new OptimizerUpdate(optimizer, { maxGradNorm: 1, lossScaling });
  const values = () =>
    [parameters.get('w')!.variable, ...optimizer.stateTensors().values()].map((v) => [...v.dataSync()]);
  const step = (gradient: number[]) => {
    const gradients = new Map([['w', tf.tensor1d(gradient)]]);
    update.begin();
    update.step(gradients, 0.01);
    gradients.get('w')!.dispose();
  };
  const report = () => reportOf(tf.tidy(() => update.stateCopy().dataSync() as Float32Array));
  return { update, optimizer, parameters, values, step, report };
}

describe('OptimizerUpdate', () => {
  it('skips an overflowed step, halves the scale and counts no step', () => {
    const run = adamW(true);
    run.step([65536, 0, 0]);
    const before = run.values();
    expect(run.report()).toMatchObject({ skipped: false, lossScale: 65536 });
    run.step([Number.NaN, 1, 1]);
    expect(run.values()).toEqual(before);
    expect(run.report()).toEqual({ gradNorm: Infinity, skipped: true, lossScale: 32768 });
    run.step([32768, 0, 0]);
    expect(run.values()).not.toEqual(before);
    expect(run.report()).toEqual({ gradNorm: 1, skipped: false, lossScale: 32768 });
  });

  it('the loss scale is one number that follows', () => {
    const run = adamW(true);
    expect([...run.update.lossScale.dataSync()]).toEqual([65536]);
    run.step([Infinity, 0, 0]);
    run.update.begin();
    expect([...run.update.lossScale.dataSync()]).toEqual([32768]);
  });

  it('continues exactly from what was saved', () => {
    const whole = adamW(true);
    const gradients = [
      [1, 2, 3],
      [-4, 5, 6],
      [7, -8, 9],
      [0.5, 0.25, -1],
    ];
    for (const gradient of gradients.slice(0, 2)) whole.step(gradient);
    const resumed = adamW(true);
    resumed.parameters.get('w')!.load(Float32Array.from(whole.values()[0]!));
    for (const [name, variable] of resumed.optimizer.stateTensors()) {
      setValues(variable, whole.optimizer.stateTensors().get(name)!.dataSync() as Float32Array);
    }
    resumed.update.restore(whole.update.stateCopy().dataSync() as Float32Array);
    for (const gradient of gradients.slice(2)) {
      whole.step(gradient);
      resumed.step(gradient);
    }
    expect(resumed.values()).toEqual(whole.values());
    expect([...resumed.update.stateCopy().dataSync()]).toEqual([...whole.update.stateCopy().dataSync()]);
  });

  it('frees what it allocated', () => {
    const before = tf.memory().numTensors;
    const run = adamW(true);
    run.step([1, 1, 1]);
    run.report();
    run.update.dispose();
    run.parameters.get('w')!.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

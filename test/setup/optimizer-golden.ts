// Five steps of an optimizer beside torch's, on whatever backend is active. Used by the unit and the GPU lane.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { readTensor } from '#gpu/read-back.ts';
import { Parameter } from '#nn/parameter.ts';
import { Adafactor } from '#optim/adafactor.ts';
import { Adagrad } from '#optim/adagrad.ts';
import { AdamW } from '#optim/adamw.ts';
import { AdamW8bit } from '#optim/adamw-8bit.ts';
import { Lion } from '#optim/lion.ts';
import { makeParamGroups, type Optimizer, type ParamGroup } from '#optim/optimizer.ts';
import { OptimizerUpdate, reportOf } from '#optim/optimizer-update.ts';
import { Rmsprop } from '#optim/rmsprop.ts';
import { ScheduleFreeAdamW } from '#optim/schedule-free-adamw.ts';
import { Sgd } from '#optim/sgd.ts';
import { expectClose, values as spread } from './tensors.ts';

type Arrays = Readonly<Record<string, readonly number[]>>;

interface Golden {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly learning_rates: readonly number[];
  readonly weight_decay: number;
  readonly max_grad_norm: number;
  readonly gradients: readonly Arrays[];
  readonly cases: Readonly<Record<string, { start: Arrays; steps: readonly GoldenStep[] }>>;
}

interface GoldenStep {
  readonly grad_norm: number;
  readonly parameters: Arrays;
  readonly state: Arrays;
  /** The weights to evaluate, where they are others. */
  readonly averaged?: Arrays;
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/data/optimizers.json'), 'utf8'),
) as Golden;

const MAKE: Readonly<Record<string, (groups: ParamGroup[]) => Optimizer>> = {
  adamw: (groups) => new AdamW(groups, { betas: [0.9, 0.98], eps: 1e-6 }),
  sgd: (groups) => new Sgd(groups, { momentum: 0, dampening: 0, nesterov: false }),
  sgd_momentum: (groups) => new Sgd(groups, { momentum: 0.9, dampening: 0.25, nesterov: false }),
  sgd_nesterov: (groups) => new Sgd(groups, { momentum: 0.8, dampening: 0, nesterov: true }),
  adagrad: (groups) => new Adagrad(groups, { lrDecay: 0, eps: 1e-10 }),
  adagrad_decay: (groups) => new Adagrad(groups, { lrDecay: 0.25, eps: 1e-6 }),
  rmsprop: (groups) => new Rmsprop(groups, { alpha: 0.99, eps: 1e-8, momentum: 0, centered: false }),
  rmsprop_momentum: (groups) => new Rmsprop(groups, { alpha: 0.9, eps: 1e-6, momentum: 0.8, centered: false }),
  rmsprop_centered: (groups) => new Rmsprop(groups, { alpha: 0.9, eps: 1e-8, momentum: 0.5, centered: true }),
  adafactor: (groups) => new Adafactor(groups),
  lion: (groups) => new Lion(groups, [0.9, 0.98]),
  schedule_free: (groups) =>
    new ScheduleFreeAdamW(groups, { betas: [0.9, 0.98], eps: 1e-6, warmupSteps: 3, r: 0, weightLrPower: 2 }),
  schedule_free_weighted: (groups) =>
    new ScheduleFreeAdamW(groups, { betas: [0.8, 0.98], eps: 1e-6, warmupSteps: 0, r: 0.5, weightLrPower: 1 }),
};
export const GOLDEN_CASES = Object.keys(MAKE);

/** A parameter with values. */
export function parameterOf(values: readonly number[], shape: readonly number[] = [values.length]): Parameter {
  const parameter = new Parameter(shape, 'zeros');
  parameter.load(Float32Array.from(values));
  return parameter;
}

export interface GoldenOptions {
  /** Dynamic loss scaling: the gradients come multiplied by the scale, as from a scaled loss. */
  readonly lossScaling?: boolean;
  /** What happens to a gradient on its way, such as a stay in half storage. */
  readonly store?: (gradient: tf.Tensor) => tf.Tensor;
}

/** Holds parameters, states and norms of every step against the reference's. */
export async function expectGoldenSteps(name: string, options: GoldenOptions = {}): Promise<void> {
  const { lossScaling = false, store = (gradient) => gradient } = options;
  const { start, steps } = golden.cases[name]!;
  const parameters = new Map(
    Object.entries(start).map(([path, values]) => [path, parameterOf(values, golden.shapes[path])]),
  );
  const optimizer = MAKE[name]!(makeParamGroups(parameters, golden.weight_decay));
  const update = new OptimizerUpdate(optimizer, { maxGradNorm: golden.max_grad_norm, lossScaling });
  for (const [i, expected] of steps.entries()) {
    const scale = lossScaling ? 65536 : 1;
    const gradients = gradientsOf(golden.gradients[i]!, scale, store);
    update.begin();
    update.step(gradients, golden.learning_rates[i]!);
    tf.dispose([...gradients.values()]);
    await expectStep(`${name} step ${i + 1}`, update, parameters, expected);
  }
  update.dispose();
  for (const parameter of parameters.values()) parameter.dispose();
}

function gradientsOf(values: Arrays, scale: number, store: (gradient: tf.Tensor) => tf.Tensor): Map<string, tf.Tensor> {
  return new Map(
    Object.entries(values).map(([path, numbers]) => {
      const shape = [...golden.shapes[path]!];
      return [path, tf.tidy(() => tf.mul(store(tf.tensor([...numbers], shape)), scale))];
    }),
  );
}

const TOLERANCE = { absolute: 5e-7, relative: 3e-6 };

async function expectStep(
  what: string,
  update: OptimizerUpdate,
  parameters: ReadonlyMap<string, Parameter>,
  expected: GoldenStep,
): Promise<void> {
  const copy = update.stateCopy();
  const report = reportOf((await readTensor(copy)) as Float32Array);
  copy.dispose();
  expectClose([report.gradNorm], [expected.grad_norm], { absolute: 0, relative: 1e-6 }, `${what}: norm`);
  for (const [path, values] of Object.entries(expected.parameters)) {
    expectClose(await readTensor(parameters.get(path)!.variable), values, TOLERANCE, `${what}: ${path}`);
  }
  for (const [path, values] of Object.entries(expected.state)) {
    expectClose(await readTensor(update.optimizer.stateTensors().get(path)!), values, TOLERANCE, `${what}: ${path}`);
  }
  if (!expected.averaged) return;
  update.putWeights('averaged');
  for (const [path, values] of Object.entries(expected.averaged)) {
    expectClose(await readTensor(parameters.get(path)!.variable), values, TOLERANCE, `${what}: average of ${path}`);
  }
}

interface Golden8bit {
  readonly shape: readonly number[];
  readonly stride: number;
  readonly learning_rates: readonly number[];
  readonly weight_decay: number;
  readonly max_grad_norm: number;
  readonly steps: readonly {
    readonly parameter: readonly number[];
    readonly codes1: readonly number[];
    readonly codes2: readonly number[];
    readonly scales1: readonly number[];
    readonly scales2: readonly number[];
  }[];
}

/** Five steps beside bitsandbytes' AdamW of 8 bits: every 29th element with its codes, and all scales. */
export async function expectGolden8bit(): Promise<void> {
  const text = readFileSync(join(import.meta.dirname, '../fixtures/data/adamw-8bit.json'), 'utf8');
  const { shape, stride, learning_rates, weight_decay, max_grad_norm, steps } = JSON.parse(text) as Golden8bit;
  const size = shape[0]! * shape[1]!;
  const sampled = (numbers: ArrayLike<number>): number[] => Array.from(numbers).filter((_, i) => i % stride === 0);
  const parameters = new Map([['w', parameterOf([...spread(size, 1)], shape)]]);
  const optimizer = new AdamW8bit(makeParamGroups(parameters, weight_decay), { betas: [0.9, 0.98], eps: 1e-6 });
  const update = new OptimizerUpdate(optimizer, { maxGradNorm: max_grad_norm, lossScaling: false });
  for (const [i, expected] of steps.entries()) {
    const gradient = tf.tensor(
      spread(size, 10 + i).map((value) => value * (0.5 + i)),
      [...shape],
    );
    update.begin();
    update.step(new Map([['w', gradient]]), learning_rates[i]!);
    gradient.dispose();
    const what = `step ${i + 1}`;
    const words = (await readTensor(optimizer.stateTensors().get('codes.w')!)) as Int32Array;
    const codes = new Uint8Array(words.slice().buffer).subarray(0, 2 * size);
    const scales = await readTensor(optimizer.stateTensors().get('scales.w')!);
    expectClose(sampled(await readTensor(parameters.get('w')!.variable)), expected.parameter, TOLERANCE, what);
    expect(sampled(codes.filter((_, at) => at % 2 === 0)), `${what}: first moments`).toEqual(expected.codes1);
    expect(sampled(codes.filter((_, at) => at % 2 === 1)), `${what}: second moments`).toEqual(expected.codes2);
    expectClose(
      scales.filter((_, at) => at % 2 === 0),
      expected.scales1,
      TOLERANCE,
      `${what}: scales`,
    );
    expectClose(
      scales.filter((_, at) => at % 2 === 1),
      expected.scales2,
      TOLERANCE,
      `${what}: scales`,
    );
  }
  update.dispose();
  parameters.get('w')!.dispose();
}

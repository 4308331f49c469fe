// Five steps of an optimizer beside torch's, on whatever backend is active. Used by the unit and the GPU lane.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { readTensor } from '#gpu/read-back.ts';
import { Parameter } from '#nn/parameter.ts';
import { AdamW } from '#optim/adamw.ts';
import { makeParamGroups, type Optimizer, type ParamGroup } from '#optim/optimizer.ts';
import { OptimizerUpdate, reportOf } from '#optim/optimizer-update.ts';
import { Sgd } from '#optim/sgd.ts';
import { expectClose } from './tensors.ts';

type Arrays = Readonly<Record<string, readonly number[]>>;

interface Golden {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly learning_rates: readonly number[];
  readonly weight_decay: number;
  readonly max_grad_norm: number;
  readonly gradients: readonly Arrays[];
  readonly cases: Readonly<
    Record<string, { start: Arrays; steps: readonly { grad_norm: number; parameters: Arrays; state: Arrays }[] }>
  >;
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/data/optimizers.json'), 'utf8'),
) as Golden;

const MAKE: Readonly<Record<string, (groups: ParamGroup[]) => Optimizer>> = {
  adamw: (groups) => new AdamW(groups, { betas: [0.9, 0.98], eps: 1e-6 }),
  sgd: (groups) => new Sgd(groups, { momentum: 0, dampening: 0, nesterov: false }),
  sgd_momentum: (groups) => new Sgd(groups, { momentum: 0.9, dampening: 0.25, nesterov: false }),
  sgd_nesterov: (groups) => new Sgd(groups, { momentum: 0.8, dampening: 0, nesterov: true }),
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

/** Holds parameters, states and norms of every step against torch's. */
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

const TOLERANCE = { absolute: 2e-7, relative: 3e-6 };

async function expectStep(
  what: string,
  update: OptimizerUpdate,
  parameters: ReadonlyMap<string, Parameter>,
  expected: { grad_norm: number; parameters: Arrays; state: Arrays },
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
}

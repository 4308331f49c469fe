// Adafactor (Shazeer and Stern, 2018), as HF's Trainer sets it up: of a matrix it keeps running means of rows and columns
// alone.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { Arena, planArenas } from '#gpu/arena.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { adafactorStep, type Factors } from '#kernels/adafactor-step/adafactor-step.ts';
import type { Parameter } from '#nn/parameter.ts';
import { operandsOf } from './block-optimizer.ts';
import { type BlockUpdate, type Optimizer, type ParamGroup, parametersIn } from './optimizer.ts';
import { makeBlocks, type ParameterBlock } from './parameter-blocks.ts';

/** The means of one parameter, under the names of a checkpoint. */
interface OwnFactors extends Factors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  dispose(): void;
}

export class Adafactor implements Optimizer {
  readonly betas = [0, 0] as const;
  readonly paramGroups: readonly ParamGroup[];
  readonly blocks: readonly ParameterBlock[];
  readonly #factors = new Map<string, OwnFactors>();

  /** @throws Error for a parameter of more than two axes. */
  constructor(paramGroups: readonly ParamGroup[]) {
    this.paramGroups = paramGroups;
    this.blocks = paramGroups.flatMap(({ weightDecay, parameters }) => makeBlocks(weightDecay, parameters));
    for (const { parameters } of this.blocks) {
      for (const [name, { shape }] of parameters) this.#factors.set(name, makeFactors(name, shape));
    }
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    for (const update of updates) {
      for (const { name, parameter, first } of parametersIn(update)) {
        const { shape, size } = parameter;
        const factors = this.#factors.get(name)!;
        adafactorStep({ ...operandsOf(update, state, lr), first, size, shape, factors });
      }
    }
  }

  stateTensors(): ReadonlyMap<string, Tensor> {
    return new Map([...this.#factors.values()].flatMap(({ tensors }) => [...tensors]));
  }

  dispose(): void {
    for (const factors of this.#factors.values()) factors.dispose();
    for (const block of this.blocks) block.dispose();
  }
}

/** Bytes of the means of a parameter. */
export function adafactorBytes({ shape }: Parameter): number {
  const sizes = [...adafactorShapes('parameter', shape).values()].map((each) => each[0]!);
  return sizes.reduce((sum, size) => sum + 4 * size, 0);
}

/** Shapes of the means of a parameter by their names in a checkpoint of transformers'. */
function adafactorShapes(name: string, shape: Parameter['shape']): ReadonlyMap<string, readonly number[]> {
  if (shape.length > 2) throw new Error(`Adafactor takes matrices and vectors, and ${name} has ${shape.length} axes`);
  const [rows, columns] = shape as [number, number | undefined];
  if (columns === undefined) return new Map([[`exp_avg_sq.${name}`, shape]]);
  return new Map([
    [`exp_avg_sq_row.${name}`, [rows]],
    [`exp_avg_sq_col.${name}`, [columns]],
  ]);
}

function makeFactors(name: string, shape: Parameter['shape']): OwnFactors {
  const shapes = adafactorShapes(name, shape);
  const backend = activeWebGpu();
  const layout = backend ? planArenas(backend, shapes, false)[0]! : null;
  const arena = backend && layout ? new Arena(backend, layout) : null;
  const make = (key: string, size: readonly number[]): Tensor =>
    arena?.part(key) ?? tf.tidy(() => tf.variable(tf.zeros([...size]), false));
  const tensors = new Map([...shapes].map(([key, size]) => [key, make(key, size)]));
  const [row, column = null] = [...tensors.values()];
  const [rowFirst, columnFirst = 0] = [...(layout?.parts.values() ?? [])].map(({ first }) => first);
  const dispose = (): void => {
    tf.dispose([...tensors.values()]);
    arena?.dispose();
  };
  return { row: row!, column, all: arena?.all ?? row!, rowFirst: rowFirst ?? 0, columnFirst, tensors, dispose };
}

// The weights that a run began with, kept aside for a new start.

import { readBytesTogether } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';

export class InitialWeights {
  readonly #values: ReadonlyMap<string, Float32Array>;

  private constructor(values: ReadonlyMap<string, Float32Array>) {
    this.#values = values;
  }

  /** Copies the trained weights to main memory, one by one. */
  static async of(model: TrainableModel): Promise<InitialWeights> {
    const values = new Map<string, Float32Array>();
    for (const [name, { variable }] of model.namedParameters()) {
      const [bytes] = await readBytesTogether([variable]);
      values.set(name, new Float32Array(bytes!.slice().buffer));
    }
    return new InitialWeights(values);
  }

  restore(model: TrainableModel): void {
    for (const [name, parameter] of model.namedParameters()) parameter.load(this.#values.get(name)!);
  }
}

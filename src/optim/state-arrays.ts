// The state of an optimizer: so many numbers beside every parameter, such as two moments.

import type { Tensor } from '@tensorflow/tfjs';
import type { BlockArray, ParameterBlock } from './parameter-blocks.ts';

export class StateArrays {
  readonly #kinds: readonly string[];
  readonly #arrays: ReadonlyMap<ParameterBlock, readonly BlockArray[]>;

  /** @param kinds names of the numbers, as in a checkpoint of PyTorch's. */
  constructor(kinds: readonly string[], blocks: readonly ParameterBlock[]) {
    this.#kinds = kinds;
    this.#arrays = new Map(blocks.map((block) => [block, kinds.map(() => block.zeros())]));
  }

  has(block: ParameterBlock): boolean {
    return this.#arrays.has(block);
  }

  /** f32 [size] of the block, one for each kind. */
  of(block: ParameterBlock): Tensor[] {
    return this.#arrays.get(block)!.map(({ all }) => all);
  }

  /** By `<kind>.<parameter>`, parameter by parameter. */
  byName(): Map<string, Tensor> {
    const found = new Map<string, Tensor>();
    for (const [{ parameters }, arrays] of this.#arrays) {
      for (const name of parameters.keys()) {
        arrays.forEach((array, i) => {
          found.set(`${this.#kinds[i]}.${name}`, array.part(name));
        });
      }
    }
    return found;
  }

  dispose(): void {
    for (const arrays of this.#arrays.values()) for (const array of arrays) array.dispose();
  }
}

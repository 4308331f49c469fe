// What a forward pass needs besides its batch: training or not, the dropout key, the precision of the large products.

import type { Tensor } from '@tensorflow/tfjs';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { DropoutKey } from '#kernels/dropout/dropout-key.ts';

/** Storage of weights and activations in the large products. */
export type ComputeStorage = 'f32' | 'f16';

export class ForwardContext {
  /** Null outside training: nothing is dropped. */
  readonly dropoutKey: DropoutKey | null;
  readonly storage: ComputeStorage;

  private constructor(dropoutKey: DropoutKey | null, storage: ComputeStorage) {
    this.dropoutKey = dropoutKey;
    this.storage = storage;
  }

  /** @param step counts training forward passes of the run from 0: with the seed it fixes every dropout mask. */
  static training(seed: number, step: number, storage: ComputeStorage): ForwardContext {
    return new ForwardContext(new DropoutKey(seed, step), storage);
  }

  static evaluation(storage: ComputeStorage): ForwardContext {
    return new ForwardContext(null, storage);
  }

  dispose(): void {
    this.dropoutKey?.tensor.dispose();
  }

  /** The tensor as an operand of a large product. */
  operand(tensor: Tensor): Tensor {
    return castStorage(tensor, this.storage);
  }
}

// Forward passes outside training, replayed where they can be.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { copyInto } from '#gpu/arena.ts';
import { snapshot } from '#gpu/read-back.ts';
import { type Feed, runEagerly, StepCache } from '#gpu/step-cache.ts';
import { storageOf } from '#gpu/tensor-storage.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import type { Batch } from '#util/nd-array.ts';
import { shapesKey } from './batch-shapes.ts';
import { type ComputeStorage, ForwardContext, type ForwardSource } from './forward-context.ts';
import type { TrainableModel } from './trainable-model.ts';

/** Where the results of the steps of one key are left. */
interface Results {
  readonly logits: Tensor | null;
  readonly loss: Tensor | null;
}

export class ForwardSteps {
  readonly #model: TrainableModel;
  readonly #storage: ComputeStorage;
  readonly #labelSmoothing: number;
  readonly #steps = new StepCache<ForwardSource>();
  readonly #results = new Map<string, Results>();

  constructor(model: TrainableModel, { storage, labelSmoothing }: { storage: ComputeStorage; labelSmoothing: number }) {
    this.#model = model;
    this.#storage = storage;
    this.#labelSmoothing = labelSmoothing;
  }

  /**
   * Logits and, with labels, the loss of a batch. The caller owns the tensors.
   * @param wantsLogits false: they are not kept, which saves memory where the vocabulary is large. Default true.
   */
  run(given: Batch, wantsLogits = true): Results {
    const batch = this.#model.bucket?.(given) ?? given;
    const source = { batch, forwardStep: 0, numItemsInBatch: null };
    const backend = activeWebGpu();
    if (!backend) return runEagerly(source, (feed) => this.#forward(batch, wantsLogits, feed));
    const key = `${wantsLogits} ${shapesKey(batch)}`;
    this.#steps.run(key, source, (feed) => {
      const { logits, loss } = this.#forward(batch, wantsLogits, feed);
      const results = this.#results.get(key) ?? makeResults(backend, logits, loss);
      this.#results.set(key, results);
      if (logits && results.logits) copyInto(results.logits, logits);
      if (loss && results.loss) copyInto(results.loss, loss);
      tf.dispose([logits, loss].filter((tensor) => tensor !== null));
    });
    const { logits, loss } = this.#results.get(key)!;
    return { logits: logits && snapshot(logits), loss: loss && snapshot(loss) };
  }

  #forward(batch: Batch, wantsLogits: boolean, feed: Feed<ForwardSource>): Results {
    const context = ForwardContext.evaluation(batch, this.#storage, feed);
    const labelSmoothing = this.#labelSmoothing;
    const results: Results[] = [];
    tf.tidy(() => {
      const { loss, logits } = this.#model.forward(batch, { context, labelSmoothing, wantsLogits });
      const result = { loss, logits: wantsLogits ? logits : null };
      results.push(result);
      return [result.loss, result.logits].filter((tensor) => tensor !== null);
    });
    return results[0]!;
  }

  dispose(): void {
    this.#steps.dispose();
    for (const { logits, loss } of this.#results.values())
      tf.dispose([logits, loss].filter((tensor) => tensor !== null));
    this.#results.clear();
  }
}

function makeResults(backend: AtelierBackend, logits: Tensor | null, loss: Tensor | null): Results {
  const like = (tensor: Tensor): Tensor => {
    const storage = storageOf(tensor);
    const bytes = tensor.size * (storage === 'f32' ? 4 : 2);
    const buffer = backend.createBuffer(Math.ceil(bytes / 8) * 8);
    const info = backend.makeView(tensor.shape, storage, buffer, 0, () => backend.destroyBuffer(buffer));
    return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
  };
  return { logits: logits && like(logits), loss: loss && like(loss) };
}

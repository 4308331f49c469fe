// Forward passes that write a text: the logits of the last token, over a cache of what was read before.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { copyInto } from '#gpu/arena.ts';
import { readTensor, snapshot } from '#gpu/read-back.ts';
import { type Feed, runEagerly, StepCache } from '#gpu/step-cache.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { selectToken } from '#kernels/select-token/select-token.ts';
import type { Batch } from '#util/nd-array.ts';
import { ForwardContext, type ForwardSource } from './forward-context.ts';
import { KeyValueCache } from './key-value-cache.ts';
import type { TrainableModel } from './trainable-model.ts';

export class GenerationSteps {
  readonly #model: TrainableModel;
  readonly #backend: AtelierBackend | null;
  readonly #cache: KeyValueCache | null;
  readonly #steps = new StepCache<ForwardSource>();
  #result: Tensor | null = null;
  #read: number[] = [];

  /**
   * @param capacity the longest text, in tokens.
   * @param useCache false, or without WebGPU: the whole text is read again for each token. Default true.
   */
  constructor(model: TrainableModel, capacity: number, useCache = true) {
    this.#model = model;
    this.#backend = activeWebGpu();
    this.#cache = useCache && this.#backend ? new KeyValueCache(this.#backend, capacity) : null;
  }

  /** Reads further tokens. @returns f32 [V]: the logits of what comes next. */
  async next(tokens: readonly number[]): Promise<Float32Array> {
    const cached = this.#read.length;
    this.#read.push(...tokens);
    if (this.#cache && this.#backend) return this.#nextCached(this.#backend, this.#cache, tokens, cached);
    return this.#nextWhole(this.#read);
  }

  async #nextCached(backend: AtelierBackend, cache: KeyValueCache, tokens: readonly number[], cached: number) {
    const length = tokens.length;
    const position_ids = { data: Int32Array.from(tokens, (_, i) => cached + i), shape: [1, length] };
    const source = { batch: { ...batchOf(tokens), position_ids }, forwardStep: 0, numItemsInBatch: null, cached };
    this.#steps.run(String(length), source, (feed) => {
      cache.begin();
      tf.tidy(() => {
        const last = this.#last(source, feed, cache, length);
        this.#result ??= makeResult(backend, last);
        copyInto(this.#result, last);
      });
    });
    const copy = snapshot(this.#result!);
    const logits = (await readTensor(copy)) as Float32Array;
    copy.dispose();
    return logits;
  }

  #last(source: ForwardSource, feed: Feed<ForwardSource>, cache: KeyValueCache, length: number): Tensor {
    const context = ForwardContext.generation(source, cache, feed);
    const { logits } = this.#model.forward(source.batch, { context, labelSmoothing: 0 });
    const at = context.feed(() => Int32Array.of(length - 1), [1]);
    return castStorage(selectToken(logits!, at), 'f32');
  }

  async #nextWhole(tokens: readonly number[]): Promise<Float32Array> {
    const source = { batch: batchOf(tokens), forwardStep: 0, numItemsInBatch: null };
    const last = runEagerly(source, (feed) =>
      tf.tidy(() => {
        const context = ForwardContext.evaluation(source.batch, 'f32', feed);
        const { logits } = this.#model.forward(source.batch, { context, labelSmoothing: 0 });
        return tf.slice(logits!, [0, tokens.length - 1, 0], [1, 1, logits!.shape[2]!]);
      }),
    );
    const values = (await readTensor(last)) as Float32Array;
    last.dispose();
    return values;
  }

  dispose(): void {
    this.#steps.dispose();
    this.#cache?.dispose();
    this.#result?.dispose();
    this.#read = [];
  }
}

const batchOf = (tokens: readonly number[]): Batch => ({
  input_ids: { data: Int32Array.from(tokens), shape: [1, tokens.length] },
});

function makeResult(backend: AtelierBackend, like: Tensor): Tensor {
  const buffer = backend.createBuffer(like.size * 4);
  const info = backend.makeView([like.size], 'f32', buffer, 0, () => backend.destroyBuffer(buffer));
  return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
}

// GPT-2 with a language-modelling head that shares its weight with the token embedding, as transformers' GPT2LMHeadModel.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { IGNORE_INDEX } from '#kernels/cross-entropy/cross-entropy.ts';
import { linear } from '#kernels/linear/linear.ts';
import { countedLabels, tokenLoss } from '#nn/losses.ts';
import { Module } from '#nn/module.ts';
import type { ForwardOptions, ModelOutput, TrainableModel } from '#nn/trainable-model.ts';
import type { Batch } from '#util/nd-array.ts';
import { checkTokenIds } from '../check-token-ids.ts';
import { padBatch } from '../pad-batch.ts';
import type { JsonObject } from '../pretrained-config.ts';
import type { Gpt2Config } from './gpt2-config.ts';
import { type Gpt2Inputs, Gpt2Model } from './gpt2-model.ts';

export class Gpt2LmHeadModel extends Module implements TrainableModel {
  readonly acceptsLossKwargs = true;
  readonly inputNames = ['input_ids', 'attention_mask'];
  readonly config: Gpt2Config;
  readonly #json: JsonObject;
  readonly #transformer: Gpt2Model;

  /** @param json the whole config.json of the model to be. */
  constructor(config: Gpt2Config, json: JsonObject) {
    super();
    this.config = config;
    this.#json = json;
    this.#transformer = this.child('transformer', new Gpt2Model(config));
  }

  configJson(): JsonObject {
    return this.#json;
  }

  /** Logits [B, T, V]; the loss is of each token given those before it. */
  forward(batch: Batch, { context, labelSmoothing }: ForwardOptions): ModelOutput {
    const inputs = this.#inputs(batch);
    const hidden = this.#transformer.forward(inputs, context);
    const { hiddenSize, vocabSize } = this.config;
    const flat = tf.reshape(hidden, [inputs.batchSize * inputs.length, hiddenSize]);
    const logits: Tensor = linear(context.operand(flat), context.weight(this.#transformer.tokens.weight), null);
    const loss = batch['labels'] ? tokenLoss(logits, context, nextLabels, labelSmoothing) : null;
    return { loss, logits: tf.reshape(logits, [inputs.batchSize, inputs.length, vocabSize]) };
  }

  itemsIn(batch: Batch): number {
    return batch['labels'] ? countedLabels(nextLabels(batch)) : 0;
  }

  /** HF's estimate: 6 · tokens (padding included) · parameters outside the embedding tables. */
  floatingPointOperations(batch: Batch): number {
    const { vocabSize, maxPositions, hiddenSize } = this.config;
    const all = [...this.namedParameters().values()].reduce((sum, parameter) => sum + parameter.size, 0);
    return 6 * (batch['input_ids']?.data.length ?? 0) * (all - (vocabSize + maxPositions) * hiddenSize);
  }

  /** Lengths in steps of eight: padding changes no result, and fewer shapes have to be recorded. */
  bucket(batch: Batch): Batch {
    const ids = batch['input_ids'];
    if (!ids) return batch;
    const [, length] = ids.shape as [number, number];
    const padded = Math.min(Math.ceil(length / 8) * 8, this.config.maxPositions);
    if (padded === length) return batch;
    const mask = { data: new Int32Array(ids.data.length).fill(1), shape: ids.shape };
    const filled = padBatch({ attention_mask: mask, ...batch }, this.inputNames, padded);
    return padBatch(filled, ['labels'], padded, IGNORE_INDEX);
  }

  #inputs(batch: Batch): Gpt2Inputs {
    const [batchSize, length] = checkTokenIds(batch, this.config);
    return {
      batchSize,
      length,
      // Asked for each batch, replayed or not.
      inputIds: (from) => {
        checkTokenIds(from, this.config);
        return Int32Array.from(from['input_ids']!.data);
      },
      attentionMask: (from) =>
        Int32Array.from(from['attention_mask']?.data ?? new Int32Array(batchSize * length).fill(1)),
    };
  }
}

/** The label of each position is the token after it; the last position has none. Or `shift_labels`, where given. */
function nextLabels(batch: Batch): Int32Array {
  const given = batch['shift_labels'];
  if (given) return Int32Array.from(given.data);
  const { data, shape } = batch['labels']!;
  const length = shape[1]!;
  return Int32Array.from(data, (_, i) => (i % length === length - 1 ? IGNORE_INDEX : data[i + 1]!));
}

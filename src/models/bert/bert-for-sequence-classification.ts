// BERT with a classification or regression head, as transformers' BertForSequenceClassification.

import { dropout } from '#kernels/dropout/dropout.ts';
import { Linear } from '#nn/linear.ts';
import { countedRows, type ProblemType, sequenceClassificationLoss } from '#nn/losses.ts';
import { Module } from '#nn/module.ts';
import type { ForwardOptions, ModelOutput, TrainableModel } from '#nn/trainable-model.ts';
import type { Batch } from '#util/nd-array.ts';
import { checkTokenIds } from '../check-token-ids.ts';
import { padBatch } from '../pad-batch.ts';
import type { JsonObject } from '../pretrained-config.ts';
import type { BertConfig } from './bert-config.ts';
import { type BertInputs, BertModel } from './bert-model.ts';

export class BertForSequenceClassification extends Module implements TrainableModel {
  readonly acceptsLossKwargs = true;
  readonly inputNames = ['input_ids', 'attention_mask', 'token_type_ids'];
  readonly config: BertConfig;
  readonly problemType: ProblemType;
  readonly #json: JsonObject;
  readonly #bert: BertModel;
  readonly #classifier: Linear;

  /** @param json the whole config.json of the model to be, labels and problem_type included. */
  constructor(config: BertConfig, json: JsonObject, numLabels: number, problemType: ProblemType) {
    super();
    this.config = config;
    this.#json = json;
    this.problemType = problemType;
    this.#bert = this.child('bert', new BertModel(config));
    this.#classifier = this.child('classifier', new Linear(config.hiddenSize, numLabels));
  }

  configJson(): JsonObject {
    return this.#json;
  }

  forward(batch: Batch, { context, labelSmoothing }: ForwardOptions): ModelOutput {
    const pooled = this.#bert.forward(this.#inputs(batch), context);
    const dropped = dropout(pooled, this.config.classifierDropout, context.dropoutKey);
    const logits = this.#classifier.forward(dropped, context);
    const loss = batch['labels'] ? sequenceClassificationLoss(logits, this.problemType, context, labelSmoothing) : null;
    return { loss, logits };
  }

  itemsIn(batch: Batch): number {
    const labels = batch['labels'];
    if (!labels) return 0;
    return this.problemType === 'single_label_classification' ? countedRows(labels) : labels.shape[0]!;
  }

  /** HF's estimate: 6 · tokens (padding included) · parameters outside the embedding tables. */
  floatingPointOperations(batch: Batch): number {
    const { vocabSize, maxPositions, typeVocabSize, hiddenSize } = this.config;
    const all = [...this.namedParameters().values()].reduce((sum, parameter) => sum + parameter.size, 0);
    return 6 * (batch['input_ids']?.data.length ?? 0) * (all - (vocabSize + maxPositions + typeVocabSize) * hiddenSize);
  }

  /** Lengths in steps of eight: padding changes no result, and fewer shapes have to be recorded. */
  bucket(batch: Batch): Batch {
    const length = batch['input_ids']?.shape[1];
    if (length === undefined) return batch;
    const padded = Math.min(Math.ceil(length / 8) * 8, this.config.maxPositions);
    return padded > length ? padBatch(withMask(batch), this.inputNames, padded) : batch;
  }

  #inputs(batch: Batch): BertInputs {
    const [batchSize, length] = checkTokenIds(batch, this.config);
    const filled = (name: string, value: number) => (from: Batch) =>
      Int32Array.from(from[name]?.data ?? new Int32Array(batchSize * length).fill(value));
    return {
      batchSize,
      length,
      // Asked for each batch, replayed or not.
      inputIds: (from) => {
        checkTokenIds(from, this.config);
        return filled('input_ids', 0)(from);
      },
      tokenTypeIds: filled('token_type_ids', 0),
      attentionMask: filled('attention_mask', 1),
    };
  }
}

/** The batch with an attention mask, of ones where it had none. */
function withMask(batch: Batch): Batch {
  const ids = batch['input_ids']!;
  return { attention_mask: { data: new Int32Array(ids.data.length).fill(1), shape: ids.shape }, ...batch };
}

// BERT with a classification or regression head, as transformers' BertForSequenceClassification.

import { dropout } from '#kernels/dropout/dropout.ts';
import { Linear } from '#nn/linear.ts';
import { countedRows, type ProblemType, sequenceClassificationLoss } from '#nn/losses.ts';
import { Module } from '#nn/module.ts';
import type { ForwardOptions, ModelOutput, TrainableModel } from '#nn/trainable-model.ts';
import type { Batch } from '#util/nd-array.ts';
import { StudioError } from '#util/studio-error.ts';
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

  forward(batch: Batch, { context, numItemsInBatch, labelSmoothing }: ForwardOptions): ModelOutput {
    const pooled = this.#bert.forward(this.#inputs(batch), context);
    const dropped = dropout(pooled, this.config.classifierDropout, context.dropoutKey);
    const logits = this.#classifier.forward(dropped, context);
    const labels = batch['labels'];
    const loss = labels
      ? sequenceClassificationLoss(logits, labels, this.problemType, { numItemsInBatch, labelSmoothing })
      : null;
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

  #inputs(batch: Batch): BertInputs {
    const ids = batch['input_ids'];
    if (!ids)
      throw new StudioError('E-DATA-COLUMN', 'A batch has no input_ids.', { hint: 'Tokenize the text columns first.' });
    const [batchSize, length] = ids.shape as [number, number];
    if (length > this.config.maxPositions) {
      throw new StudioError(
        'E-DATA-FORMAT',
        `A batch is ${length} tokens long; this model reads at most ${this.config.maxPositions}.`,
        {
          hint: `Set max_length to ${this.config.maxPositions} or less.`,
        },
      );
    }
    const inputIds = Int32Array.from(ids.data);
    const bad = inputIds.find((id) => id < 0 || id >= this.config.vocabSize);
    if (bad !== undefined) {
      throw new StudioError(
        'E-TOKENIZER',
        `The tokenizer gives id ${bad}; this model has ${this.config.vocabSize} embeddings.`,
        {
          hint: 'Use the tokenizer that belongs to this model.',
        },
      );
    }
    return {
      batchSize,
      length,
      inputIds,
      tokenTypeIds: Int32Array.from(batch['token_type_ids']?.data ?? new Int32Array(ids.data.length)),
      attentionMask: Int32Array.from(batch['attention_mask']?.data ?? new Int32Array(ids.data.length).fill(1)),
    };
  }
}

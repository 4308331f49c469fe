// A model with a head for a task, as the Trainer wants it: the layers of a family, and the objective of the task.

import type { Tensor } from '@tensorflow/tfjs';
import { Embedding } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { Module } from '#nn/module.ts';
import type { ForwardOptions, ModelOutput, TrainableModel } from '#nn/trainable-model.ts';
import type { VocabularyHead } from '#nn/vocabulary-head.ts';
import type { Batch } from '#util/nd-array.ts';
import type { ModelShape } from './model-shape.ts';
import type { Objective } from './objectives/objective.ts';
import { padBatch } from './pad-batch.ts';
import type { JsonObject } from './pretrained-config.ts';
import { readTextInputs, type TextInputs } from './text-inputs.ts';

/** The layers of a model with a head, and how its logits come about. */
export interface HeadedLayers {
  /** By HF's names, in the order of its `named_parameters()`. */
  readonly modules: Readonly<Record<string, Module>>;
  /** [B, C], or for each token [B, L, C]; half storage allowed. */
  readonly logits: (inputs: TextInputs, context: ForwardContext) => Tensor;
  /** Of a language model: what the logits are made of. */
  readonly vocabulary?: (inputs: TextInputs, context: ForwardContext) => VocabularyHead;
}

export class TaskModel extends Module implements TrainableModel {
  readonly acceptsLossKwargs = true;
  readonly shape: ModelShape;
  readonly inputNames: readonly string[];
  readonly labelNames: readonly string[];
  readonly #json: JsonObject;
  readonly #layers: HeadedLayers;
  readonly #objective: Objective;

  /** @param json the whole config.json of the model to be, labels and problem_type included. */
  constructor(shape: ModelShape, json: JsonObject, layers: HeadedLayers, objective: Objective) {
    super();
    this.shape = shape;
    this.inputNames = shape.inputNames;
    this.labelNames = objective.labelNames;
    this.#json = json;
    this.#layers = layers;
    this.#objective = objective;
    for (const [name, module] of Object.entries(layers.modules)) this.child(name, module);
  }

  configJson(): JsonObject {
    return this.#json;
  }

  forward(batch: Batch, { context, labelSmoothing, wantsLogits = true }: ForwardOptions): ModelOutput {
    const { logits: logitsOf, vocabulary } = this.#layers;
    const objective = this.#objective;
    const inputs = readTextInputs(batch, this.shape);
    const isLabelled = this.labelNames.every((name) => batch[name] !== undefined);
    if (isLabelled && !wantsLogits && vocabulary && objective.vocabularyLoss)
      return { loss: objective.vocabularyLoss(vocabulary(inputs, context), context, labelSmoothing), logits: null };
    const logits = logitsOf(inputs, context);
    return { loss: isLabelled ? objective.loss(logits, context, labelSmoothing) : null, logits };
  }

  itemsIn(batch: Batch): number {
    return this.#objective.itemsIn(batch);
  }

  get lossIsPerToken(): boolean {
    return this.#objective.isPerToken;
  }

  /** HF's estimate: 6 · tokens (padding included) · parameters outside the embedding tables. */
  floatingPointOperations(batch: Batch): number {
    const all = sizeOf(this);
    const tables = [...this.modules()].filter((module) => module instanceof Embedding);
    const outside = all - tables.reduce((sum, table) => sum + sizeOf(table), 0);
    return 6 * (batch['input_ids']?.data.length ?? 0) * outside;
  }

  /** Lengths in steps of eight: padding changes no result, and fewer shapes have to be recorded. */
  bucket(batch: Batch): Batch {
    const ids = batch['input_ids'];
    if (!ids) return batch;
    const length = ids.shape[1]!;
    const filled = Math.min(Math.ceil(length / 8) * 8, this.shape.maxPositions);
    const labelled = filled > length ? this.#objective.fillUp(batch, filled) : null;
    if (!labelled) return batch;
    const mask = { data: new Int32Array(ids.data.length).fill(1), shape: ids.shape };
    const masked = padBatch(
      { attention_mask: mask, ...labelled },
      ['attention_mask', 'token_type_ids', 'position_ids'],
      filled,
    );
    return padBatch(masked, ['input_ids'], filled, this.shape.padTokenId);
  }
}

const sizeOf = (module: Module): number =>
  [...module.namedParameters().values()].reduce((sum, { size }) => sum + size, 0);

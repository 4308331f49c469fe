// From a config.json to the class that implements it. Anything else is refused by name, with what is supported.

import type { WeightFiles } from '#formats/weight-files.ts';
import type { ProblemType } from '#nn/losses.ts';
import type { Parameter } from '#nn/parameter.ts';
import { StudioError } from '#util/studio-error.ts';
import { readBertConfig } from './bert/bert-config.ts';
import { BertForSequenceClassification } from './bert/bert-for-sequence-classification.ts';
import { loadWeights, planWeights, type WeightPlan } from './load-weights.ts';
import type { JsonObject } from './pretrained-config.ts';

const SUPPORTED = ['bert'];

export interface ClassificationHead {
  /** In index order; for regression a generic name per output. */
  readonly labels: readonly string[];
  readonly problemType: ProblemType;
}

/** A model that is described and matched to its weights, but not yet loaded. */
export interface PreparedModel {
  readonly model: BertForSequenceClassification;
  readonly plan: WeightPlan;
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/** @throws StudioError E-MODEL-CONFIG for an architecture or a config value that is not supported. */
export function checkSupported(json: JsonObject): void {
  const type = json['model_type'];
  if (typeof type === 'string' && SUPPORTED.includes(type)) {
    readBertConfig(json);
    return;
  }
  const named = typeof type === 'string' ? `"${type}"` : 'no model_type';
  throw new StudioError('E-MODEL-CONFIG', `config.json names ${named}; Atelier can train: ${SUPPORTED.join(', ')}.`, {
    where: 'config.json: model_type',
    hint: 'Choose a BERT model, such as a MiniLM or bert-base checkpoint.',
    safe: 'Nothing was loaded.',
  });
}

/**
 * As AutoModelForSequenceClassification.from_pretrained(..., num_labels, id2label, problem_type): a head of the right
 * size is taken from the files, else a new one is made.
 */
export function prepareForSequenceClassification(
  json: JsonObject,
  weights: WeightFiles,
  head: ClassificationHead,
): PreparedModel {
  checkSupported(json);
  const numLabels = head.labels.length;
  const model = new BertForSequenceClassification(
    readBertConfig(json),
    configFor(json, head),
    numLabels,
    head.problemType,
  );
  const parameters = model.namedParameters();
  const isNew = (name: string): boolean => name.startsWith('classifier.') || name.startsWith('bert.pooler.');
  const isForeignHead = (tensor: string): boolean => tensor.startsWith('classifier.') && !headFits(weights, numLabels);
  return { model, parameters, plan: planWeights(parameters, weights, 'bert.', isNew, isForeignHead) };
}

/** Loads a prepared model; fresh parameters come from `seed`. */
export async function loadPrepared(
  { model, parameters, plan }: PreparedModel,
  weights: WeightFiles,
  seed: number,
): Promise<BertForSequenceClassification> {
  await loadWeights(parameters, weights, plan, { seed, initializerRange: model.config.initializerRange });
  return model;
}

/** A head trained for another number of labels is of no use here. */
function headFits(weights: WeightFiles, numLabels: number): boolean {
  return !weights.has('classifier.weight') || weights.shapeOf('classifier.weight')[0] === numLabels;
}

/** The config.json of the model to be: HF's fields for the head; `use_cache: false` as HF's Trainer leaves it. */
function configFor(json: JsonObject, { labels, problemType }: ClassificationHead): JsonObject {
  return {
    ...Object.fromEntries(Object.entries(json).filter(([name]) => name !== 'num_labels' && name !== 'torch_dtype')),
    architectures: ['BertForSequenceClassification'],
    dtype: 'float32',
    id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    problem_type: problemType,
    use_cache: false,
  };
}

// From a config.json and a task to a model that can be trained, as transformers' AutoModelFor… classes. Anything else is
// refused by name, with what is supported.

import type { WeightFiles } from '#formats/weight-files.ts';
import type { ProblemType } from '#nn/losses.ts';
import type { Parameter } from '#nn/parameter.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { hasLabels, type Task } from '#util/task.ts';
import { FAMILIES } from './families.ts';
import { loadWeights, planWeights, type WeightPlan } from './load-weights.ts';
import type { Head, ModelFamily } from './model-family.ts';
import type { ModelShape } from './model-shape.ts';
import { answerSpan } from './objectives/answer-span.ts';
import type { Objective } from './objectives/objective.ts';
import { sequenceClassification } from './objectives/sequence-classification.ts';
import { nextToken, tokenLabels } from './objectives/token-labels.ts';
import type { JsonObject } from './pretrained-config.ts';
import { TaskModel } from './task-model.ts';

/** What a model is trained for. */
export interface TaskHead {
  readonly task: Task;
  /** In index order, for tasks that have labels; for regression a generic name per output. Else empty. */
  readonly labels: readonly string[];
  /** Of text classification; other tasks ignore it. */
  readonly problemType: ProblemType;
}

/** A model that is described and matched to its weights, but not yet loaded. */
export interface PreparedModel {
  readonly model: TaskModel;
  readonly plan: WeightPlan;
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/** @throws StudioError E-MODEL-CONFIG for an architecture or a config value that is not supported. */
export function familyOf(json: JsonObject): ModelFamily {
  const type = json['model_type'];
  const family = FAMILIES.find(({ modelType }) => modelType === type);
  if (!family) throw unknownFamily(type);
  family.shapeOf(json);
  return family;
}

/** @throws as `familyOf`. */
export const shapeOf = (json: JsonObject): ModelShape => familyOf(json).shapeOf(json);

/** As AutoModelFor….from_config: without weights. @throws as `familyOf`, and for a task that the family has no head for. */
export function buildModel(json: JsonObject, taskHead: TaskHead): TaskModel {
  const family = familyOf(json);
  const head = family.headFor(json, taskHead.task);
  if (!head) throw unknownTask(family, taskHead.task);
  const layers = head.build(taskHead.labels.length);
  return new TaskModel(family.shapeOf(json), configFor(json, head, taskHead), layers, objectiveOf(taskHead));
}

/**
 * As AutoModelFor….from_pretrained(..., num_labels, id2label, problem_type): a head of the right size is taken from the
 * files, else a new one is made.
 * @throws StudioError as `buildModel`, and E-MODEL-WEIGHTS when the files do not fit.
 */
export function prepareModel(json: JsonObject, weights: WeightFiles, taskHead: TaskHead): PreparedModel {
  const { basePrefix } = familyOf(json);
  const model = buildModel(json, taskHead);
  const parameters = model.namedParameters();
  const isHead = (name: string): boolean => !name.startsWith(basePrefix);
  const plan = planWeights(parameters, weights, {
    basePrefix,
    mayBeFresh: (name) => isHead(name) || name.startsWith(`${basePrefix}pooler.`),
    isReplaceable: (name) => isHead(name) && hasLabels(taskHead.task),
  });
  return { model, parameters, plan };
}

/** Loads a prepared model; fresh parameters come from `seed`. */
export async function loadPrepared(
  { model, parameters, plan }: PreparedModel,
  weights: WeightFiles,
  seed: number,
): Promise<TaskModel> {
  await loadWeights(parameters, weights, plan, { seed, initializerRange: model.shape.initializerRange });
  return model;
}

function objectiveOf({ task, problemType }: TaskHead): Objective {
  switch (task) {
    case 'text-classification':
      return sequenceClassification(problemType);
    case 'token-classification':
    case 'fill-mask':
      return tokenLabels;
    case 'question-answering':
      return answerSpan;
    case 'text-generation':
      return nextToken;
    default:
      return task satisfies never;
  }
}

/** The config.json of the model to be: HF's fields for the head; `use_cache: false` as HF's Trainer leaves it. */
function configFor(json: JsonObject, { architecture }: Head, { task, labels, problemType }: TaskHead): JsonObject {
  const { torch_dtype: _, num_labels: count, ...kept } = json;
  const named = {
    id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
  return {
    ...kept,
    architectures: [architecture],
    dtype: 'float32',
    ...(hasLabels(task) ? named : { num_labels: count }),
    ...(task === 'text-classification' ? { problem_type: problemType } : {}),
    use_cache: false,
  };
}

function unknownFamily(type: unknown): StudioError {
  const named = typeof type === 'string' ? `"${type}"` : msg`no model_type`;
  const known = FAMILIES.map(({ modelType }) => modelType).join(', ');
  return new StudioError('E-MODEL-CONFIG', msg`config.json names ${named}; Atelier can train: ${known}.`, {
    where: 'config.json: model_type',
    hint: msg`Choose a model of one of these families.`,
    safe: msg`Nothing was loaded.`,
  });
}

function unknownTask({ modelType, tasks }: ModelFamily, task: Task): StudioError {
  return new StudioError('E-MODEL-CONFIG', msg`A model of the family ${modelType} can not be trained for ${task}.`, {
    where: 'config.json: model_type',
    hint: msg`It can be trained for ${tasks.join(', ')}.`,
    safe: msg`Nothing was loaded.`,
  });
}

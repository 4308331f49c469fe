// What the page is shown of an opened model.

import type { ModelId } from '#protocol/ids.ts';
import type { ModelSummary } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { describeRun } from './describe-run.ts';
import type { OpenedModel } from './opened-model.ts';

/** Architecture, sizes, labels, and what the files lack or hold in vain. */
export function summarizeModel(modelId: ModelId, model: OpenedModel): ModelSummary {
  const { json, weights, labels } = model;
  const head = { task: model.tasks[0]!, labels, problemType: 'single_label_classification' } as const;
  const { plan, parameters } = describeRun(model, head, null).prepared;
  const { shape } = model;
  const architectures = json['architectures'];
  return {
    modelId,
    name: model.name,
    architecture: Array.isArray(architectures) ? String(architectures[0]) : String(json['model_type']),
    modelType: String(json['model_type']),
    parameters: sizeOf(parameters.values()),
    hiddenSize: shape.hiddenSize,
    layers: shape.numHiddenLayers,
    vocabSize: shape.vocabSize,
    maxPositions: shape.maxPositions,
    tasks: model.tasks,
    adapter: model.adapter?.config ?? null,
    labels: 'id2label' in json ? labels : [],
    dtypes: [...new Set([...plan.found.values()].map((name) => weights.dtypeOf(name)))],
    bytes: weights.byteLength,
    newParameters: plan.fresh,
    notes:
      plan.unused.length > 0
        ? [
            msg`${plan.unused.length} tensors of the files are not used: ${plan.unused.slice(0, 4).join(', ')}${plan.unused.length > 4 ? ', …' : ''}.`,
          ]
        : [],
  };
}

/** Elements of all parameters together. */
export const sizeOf = (parameters: Iterable<{ readonly size: number }>): number =>
  [...parameters].reduce((sum, { size }) => sum + size, 0);

/** The name of the dropped folder or zip. */
export function folderName(files: readonly { readonly path: string }[]): string {
  const config = files.find(({ path }) => path.endsWith('config.json'))?.path ?? files[0]?.path ?? 'model';
  const parts = config.split('/');
  return parts.length > 1 ? parts.at(-2)! : config.replace(/\.(zip|json)$/i, '').replace(/^config$/, 'model');
}

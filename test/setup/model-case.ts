// Tiny checkpoints of transformers with the batch, logits, loss and gradients that their scripts kept beside them.

import { openWeights } from '#formats/weight-files.ts';
import { loadPrepared, prepareModel } from '#models/auto-model.ts';
import { type JsonObject, labelsOf } from '#models/pretrained-config.ts';
import type { ProblemType } from '#nn/losses.ts';
import { parseHfJson } from '#util/hf-json.ts';
import type { Batch } from '#util/nd-array.ts';
import type { Task } from '#util/task.ts';
import { fixtureFolder, folderFiles, readTensors } from './fixtures.ts';

export function taskOf(architecture: string): Task {
  if (architecture.includes('SequenceClassification')) return 'text-classification';
  if (architecture.includes('TokenClassification')) return 'token-classification';
  if (architecture.includes('QuestionAnswering')) return 'question-answering';
  return architecture.includes('MaskedLM') ? 'fill-mask' : 'text-generation';
}

/** A folder of `data/models`, loaded as the app loads a dropped one. @param changed fields of its config.json. */
export async function loadModelCase(name: string, changed: JsonObject = {}) {
  const files = folderFiles(fixtureFolder(`models/${name}`));
  const stored = parseHfJson(await files.get('config.json')!.text(), 'config.json') as JsonObject;
  const json: JsonObject = { ...stored, ...changed };
  const weights = await openWeights(files);
  const head = {
    task: taskOf((json['architectures'] as string[])[0]!),
    labels: labelsOf(json),
    problemType: (json['problem_type'] ?? 'single_label_classification') as ProblemType,
  };
  const prepared = prepareModel(json, weights, head);
  const model = await loadPrepared(prepared, weights, 42);
  const expected = await readTensors(files.get('expected.safetensors')!);
  const isFloat = head.problemType !== 'single_label_classification';
  const batch: Batch = Object.fromEntries(
    [...model.inputNames, ...model.labelNames].flatMap((field) => {
      const given = expected.get(field);
      if (!given) return [];
      const data = field === 'labels' && isFloat ? given.data : Int32Array.from(given.data);
      return [[field, { data, shape: given.shape }] as const];
    }),
  );
  return { model, prepared, expected, batch };
}

// A tiny BERT with dropout and a task it can learn: one of three tokens, in the second place, is the label. Runs on any backend.

import { type Example, InMemoryDataset } from '#data/dataset.ts';
import { openWeights } from '#formats/weight-files.ts';
import { loadPrepared, prepareModel, type TaskHead } from '#models/auto-model.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import type { TaskModel } from '#models/task-model.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { fixtureFolder, folderFiles } from './fixtures.ts';
import { values } from './tensors.ts';

const LABELS = ['a', 'b', 'c'];
const LENGTH = 8;
const VOCABULARY = 61;

/** @param changed fields of config.json to change, such as dropout probabilities. */
export async function tinyBert(changed: JsonObject = {}): Promise<TaskModel> {
  const files = folderFiles(fixtureFolder('bert-single'));
  const json = parseHfJson(await files.get('config.json')!.text(), 'config.json') as JsonObject;
  const weights = await openWeights(files);
  const head: TaskHead = { task: 'text-classification', labels: LABELS, problemType: 'single_label_classification' };
  return loadPrepared(prepareModel({ ...json, ...changed }, weights, head), weights, 42);
}

/** Rows of equal length, the same at each call. */
export function tokenRows(count: number): InMemoryDataset<Example> {
  const noise = values(count * LENGTH, 3);
  return new InMemoryDataset(
    Array.from({ length: count }, (_, row) => {
      const tokens = [...noise.subarray(row * LENGTH, (row + 1) * LENGTH)];
      const label = row % LABELS.length;
      const ids = tokens.map((value) => 1 + Math.floor(((value + 1) / 2) * (VOCABULARY - 1)));
      ids[1] = 10 * (label + 1);
      const used = LENGTH - (row % 4);
      const mask = ids.map((_id, i) => (i < used ? 1 : 0));
      return {
        input_ids: ids.map((id, i) => (i < used ? id : 0)),
        attention_mask: mask,
        label,
      };
    }),
  );
}

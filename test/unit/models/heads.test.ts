// Heads of the families: what is refused, and where they stand beside the base model.

import { describe, expect, it } from 'vitest';
import { buildModel } from '#models/auto-model.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import type { Task } from '#util/task.ts';

const SMALL = { vocab_size: 11, hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 1, intermediate_size: 8 };
const build = (json: JsonObject, task: Task) =>
  buildModel({ ...SMALL, ...json }, { task, labels: ['a', 'b'], problemType: 'single_label_classification' });

describe.each(['bert', 'distilbert', 'roberta', 'xlm-roberta'])('%s', (model_type) => {
  const untied = { model_type, tie_word_embeddings: false };

  it('refuses a head for hidden words with a weight of its own', () =>
    expect(() => build(untied, 'fill-mask')).toThrow('"tie_word_embeddings" is false; it must be true'));

  it('does not mind where there is no such head', () =>
    expect(build(untied, 'text-classification').namedParameters().size).toBeGreaterThan(0));
});

it.each<[string, Task, string]>([
  ['roberta', 'question-answering', 'roberta.embeddings.word_embeddings.weight'],
  ['xlm-roberta', 'text-classification', 'classifier.dense.weight'],
  ['xlm-roberta', 'token-classification', 'classifier.weight'],
  ['xlm-roberta', 'question-answering', 'qa_outputs.weight'],
  ['xlm-roberta', 'fill-mask', 'lm_head.bias'],
])('%s for %s lists its parameters from %s on, as transformers', (model_type, task, first) =>
  expect([...build({ model_type }, task).namedParameters().keys()][0]).toBe(first),
);

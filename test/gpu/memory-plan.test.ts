// The memory plan, made before the run, beside what the run then takes: within 15 %.

import { beforeAll, expect, it } from 'vitest';
import { type Example, InMemoryDataset } from '#data/dataset.ts';
import { emptyPool } from '#gpu/memory.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { buildModel } from '#models/auto-model.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import type { TaskModel } from '#models/task-model.ts';
import type { RunId } from '#protocol/ids.ts';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import { planMemory } from '#trainer/memory-plan.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { argumentsOf } from '../setup/linear-regression.ts';
import { values } from '../setup/tensors.ts';

beforeAll(() => startEngine());

const VOCABULARY = 1200;
const LONGEST = 48;
const GPT2: JsonObject = {
  model_type: 'gpt2',
  vocab_size: VOCABULARY,
  n_embd: 64,
  n_head: 4,
  n_layer: 2,
  n_positions: LONGEST,
};
const BERT: JsonObject = {
  model_type: 'bert',
  vocab_size: VOCABULARY,
  hidden_size: 64,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  intermediate_size: 192,
  max_position_embeddings: LONGEST,
};

function modelOf(json: JsonObject): TaskModel {
  const isGpt = json['model_type'] === 'gpt2';
  return buildModel(json, {
    task: isGpt ? 'text-generation' : 'text-classification',
    labels: isGpt ? [] : ['a', 'b'],
    problemType: 'single_label_classification',
  });
}

function load(model: TaskModel): void {
  for (const parameter of model.namedParameters().values())
    parameter.load(values(parameter.size, 1).map((value) => value * 0.05));
}

/** Rows of 9 to 48 tokens; the lengths of a batch differ, and so do those of batches. */
function rowsOf(count: number): InMemoryDataset<Example> {
  return new InMemoryDataset(
    Array.from({ length: count }, (_, row) => {
      const length = LONGEST - ((row * 7) % 40);
      return { input_ids: Array.from({ length }, (_id, i) => 1 + ((row * 31 + i * 17) % (VOCABULARY - 1))), row };
    }),
  );
}

/** Pads to the longest of a batch. */
function collate(examples: readonly Example[], isGpt: boolean): Batch {
  const rows = examples.map((example) => example['input_ids'] as number[]);
  const length = Math.max(...rows.map((row) => row.length));
  const field = (fill: number, read: (row: number[], i: number) => number) => ({
    data: Int32Array.from(
      rows.flatMap((row) => Array.from({ length }, (_, i) => (i < row.length ? read(row, i) : fill))),
    ),
    shape: [rows.length, length],
  });
  const labels = { data: Int32Array.from(examples, ({ row }) => Number(row) % 2), shape: [rows.length] };
  return {
    input_ids: field(0, (row, i) => row[i]!),
    attention_mask: field(0, () => 1),
    labels: isGpt ? field(-100, (row, i) => row[i]!) : labels,
  };
}

/** The plan of a run, and the most that it had allocated. */
async function planAndRun(json: JsonObject, given: Record<string, unknown>): Promise<[MemoryPlan, number]> {
  const isGpt = json['model_type'] === 'gpt2';
  const args = argumentsOf({
    max_steps: 7,
    per_device_train_batch_size: 8,
    per_device_eval_batch_size: 8,
    learning_rate: 1e-4,
    ...given,
  });
  const longest = rowsOf(40).get(0);
  const largest = collate(
    Array.from({ length: 8 }, () => longest),
    isGpt,
  );
  const planned = modelOf(json);
  const plan = planMemory({
    model: planned,
    load: () => load(planned),
    args,
    batch: largest,
    evalBatch: args.evalStrategy === 'no' ? null : largest,
    evaluatesLogits: false,
    savesModel: false,
  })!;
  const { pool } = activeWebGpu()!;
  emptyPool();
  pool.trim(['shared', 'recorded']);
  const before = pool.numBytesAllocated;
  pool.peakBytes = before;
  const model = modelOf(json);
  load(model);
  const trainer = new Trainer({
    model,
    args,
    trainDataset: rowsOf(40),
    evalDataset: rowsOf(12),
    dataCollator: { collate: (examples) => collate(examples, isGpt), columns: ['row'] },
    checkpointStore: new MemoryCheckpointStore(() => 0),
    runId: 'run' as RunId,
  });
  await trainer.train();
  const taken = pool.peakBytes - before;
  trainer.dispose();
  model.dispose();
  return [plan, taken];
}

const WATCHED = { eval_strategy: 'steps', eval_steps: 3, save_strategy: 'steps', save_steps: 4 };

it.each<[string, JsonObject, Record<string, unknown>]>([
  ['GPT-2 with evaluations and checkpoints', GPT2, WATCHED],
  [
    'GPT-2 in fp16, accumulated, with checkpointed layers',
    GPT2,
    { fp16: true, gradient_accumulation_steps: 2, gradient_checkpointing: true },
  ],
  ['BERT in bf16 with plain SGD', BERT, { bf16: true, optim: 'sgd' }],
  ['BERT with Adafactor, evaluations and checkpoints', BERT, { optim: 'adafactor', ...WATCHED }],
])('%s', async (_name, json, given) => {
  const [plan, taken] = await planAndRun(json, given);
  expect(Math.abs(plan.peak / taken - 1)).toBeLessThan(0.15);
  expect(plan.peak).toBeGreaterThanOrEqual(plan.weights + plan.gradients + plan.optimizer + plan.activations);
});

it('of checkpointed layers: the fewer, the more memory', async () => {
  const deep = { ...GPT2, n_layer: 6 };
  const of = (given: Record<string, unknown>): number => {
    const model = modelOf(deep);
    const longest = collate(
      Array.from({ length: 8 }, () => rowsOf(1).get(0)),
      true,
    );
    const args = argumentsOf({ ...given });
    const parts = { model, load: () => load(model), args, batch: longest, evalBatch: null };
    return planMemory({ ...parts, evaluatesLogits: false, savesModel: false })!.activations;
  };
  const every = (n: number) => ({ gradient_checkpointing: true, gradient_checkpointing_kwargs: { every_n_layers: n } });
  const sizes = [every(1), every(2), every(3), {}].map(of);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(new Set(sizes).size).toBe(4);
});

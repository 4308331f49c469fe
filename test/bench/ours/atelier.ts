// Our own training step: the engine's models, gradients and optimizer, without the Trainer around them.

import { initializeEngine } from '#gpu/initialize.ts';
import { readTensor } from '#gpu/read-back.ts';
import { buildModel } from '#models/auto-model.ts';
import type { ComputeStorage } from '#nn/forward-context.ts';
import { Gradients } from '#nn/gradients.ts';
import type { Parameter } from '#nn/parameter.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import { AdamW } from '#optim/adamw.ts';
import { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { Batch } from '#util/nd-array.ts';
import type { Measurement, RunPlan } from '../contestant.ts';
import { initialWeights } from '../initial-weights.ts';
import { measureTraining } from '../measure-training.ts';
import { type BenchStep, bertBatch, gptBatch } from '../steps.ts';
import { UPDATE_RULES, type UpdateRule } from '../update-rules.ts';

export function runAtelier(step: BenchStep, plan: RunPlan, storage: ComputeStorage): Promise<Measurement> {
  const weights = new Map(initialWeights(step).map(({ name, data }) => [name, data]));
  return measureTraining(plan, async () => {
    await initializeEngine('atelier');
    const { update, gradients } = trainingStep(step, UPDATE_RULES[plan.update], storage, (name) => weights.get(name)!);
    return { update: async () => update(), loss: async () => (await readTensor(gradients.loss))[0]! };
  });
}

/** One update over and over, on the engine that is on. @param weightOf values of a parameter */
export function trainingStep(
  step: BenchStep,
  rule: UpdateRule,
  storage: ComputeStorage,
  weightOf: (name: string, size: number) => Float32Array,
) {
  const batch = batchOf(step);
  const model = modelOf(step);
  for (const [name, parameter] of model.namedParameters()) parameter.load(weightOf(name, parameter.size));
  const optimizer = new AdamW(groupsOf(model, rule.weightDecay), {
    betas: [rule.beta1, rule.beta2],
    eps: rule.epsilon,
  });
  const optimizerUpdate = new OptimizerUpdate(optimizer, {
    maxGradNorm: rule.maxGradNorm ?? 0,
    lossScaling: storage === 'f16',
    storage,
  });
  const { lossScale, sinks } = optimizerUpdate;
  const gradients = new Gradients(model, { seed: 1, storage, labelSmoothing: 0, lossScale, sinks });
  let forwardStep = 0;
  const update = (): void => {
    optimizerUpdate.begin();
    gradients.addMicroBatch({ batch, forwardStep: forwardStep++, numItemsInBatch: null }, true);
    optimizerUpdate.step(gradients.byName, step.learningRate);
    gradients.clear();
  };
  return { update, gradients };
}

const array = (data: Int32Array, shape: readonly number[]) => ({ data, shape });

function batchOf(step: BenchStep): Batch {
  const shape = [step.batch, step.length];
  if (step.family === 'gpt') {
    const { ids, targets } = gptBatch(step);
    return { input_ids: array(ids, shape), labels: array(targets, shape), shift_labels: array(targets, shape) };
  }
  const { ids, tokenTypes, mask, labels } = bertBatch(step);
  return {
    input_ids: array(ids, shape),
    token_type_ids: array(tokenTypes, shape),
    attention_mask: array(mask, shape),
    labels: array(labels, [step.batch]),
  };
}

function modelOf(step: BenchStep): TrainableModel {
  if (step.family === 'gpt') {
    const json = {
      model_type: 'gpt2',
      vocab_size: step.vocab,
      n_embd: step.hidden,
      n_head: step.heads,
      n_layer: step.layers,
      n_inner: step.intermediate,
      n_positions: step.length,
      embd_pdrop: 0,
      attn_pdrop: 0,
      resid_pdrop: 0,
    };
    return buildModel(json, { task: 'text-generation', labels: [], problemType: 'single_label_classification' });
  }
  const json = {
    model_type: 'bert',
    vocab_size: step.vocab,
    hidden_size: step.hidden,
    num_attention_heads: step.heads,
    num_hidden_layers: step.layers,
    intermediate_size: step.intermediate,
    max_position_embeddings: step.length,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
  };
  const labels = Array.from({ length: step.labels }, (_, i) => `LABEL_${i}`);
  return buildModel(json, { task: 'text-classification', labels, problemType: 'single_label_classification' });
}

/** Decay on matrices alone, as every contestant has it. */
function groupsOf(model: TrainableModel, weightDecay: number) {
  const all = [...model.namedParameters()];
  const where = (matrix: boolean): Map<string, Parameter> =>
    new Map(all.filter(([, { shape }]) => shape.length > 1 === matrix));
  return [
    { weightDecay, parameters: where(true) },
    { weightDecay: 0, parameters: where(false) },
  ];
}

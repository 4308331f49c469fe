// Which layers an adapter is put on, which are trained whole, and how adapter_config.json names them: as PEFT.

import { describe, expect, it } from 'vitest';
import { buildModel } from '#models/auto-model.ts';
import { chooseTargets, type TargetChoice, targetNames } from '#models/peft/lora-targets.ts';
import type { Task } from '#util/task.ts';

const SMALL = { vocab_size: 11, hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 2, intermediate_size: 8 };

function targetsOf(modelType: string, task: Task, choice: Partial<TargetChoice>) {
  const json = { ...SMALL, model_type: modelType };
  const model = buildModel(json, { task, labels: ['a', 'b'], problemType: 'single_label_classification' });
  const whole = { modelType, task, targetModules: null, modulesToSave: [], fresh: [], ...choice };
  const targets = chooseTargets(model, whole);
  return { adapted: [...targets.adapted.keys()], saved: [...targets.saved.keys()], named: targetNames(model, targets) };
}

describe('adapted layers', () => {
  it('are the usual ones of the family, named shortly', () => {
    const { adapted, named } = targetsOf('llama', 'text-generation', {});
    expect(adapted).toHaveLength(4);
    expect(named).toEqual(['q_proj', 'v_proj']);
  });

  it('of all linear layers leave the head out', () => {
    const { named } = targetsOf('llama', 'text-generation', { targetModules: 'all-linear' });
    expect(named).toEqual(['down_proj', 'gate_proj', 'k_proj', 'o_proj', 'q_proj', 'up_proj', 'v_proj']);
  });

  it('are named by their paths where a short name would mean another layer too', () => {
    const pattern = targetsOf('llama', 'text-generation', { targetModules: '.*layers\\.1\\..*q_proj' });
    expect(pattern.named).toEqual(['model.layers.1.self_attn.q_proj']);
    const head = targetsOf('roberta', 'text-classification', { targetModules: ['dense'] });
    expect(head.saved).toEqual(['classifier']);
    expect(head.named).not.toContain('dense');
    expect(head.named).not.toContain('classifier.dense');
  });

  it('have to be there', () =>
    expect(() => targetsOf('bert', 'text-classification', { targetModules: ['q_proj'] })).toThrow('q_proj'));
});

describe('layers trained whole', () => {
  it('are those that end like "classifier", DistilBERT’s first one too', () =>
    expect(targetsOf('distilbert', 'text-classification', {}).saved).toEqual(['pre_classifier', 'classifier']));

  it('have to be there', () =>
    expect(() => targetsOf('bert', 'text-classification', { modulesToSave: ['summit'] })).toThrow('summit'));
});

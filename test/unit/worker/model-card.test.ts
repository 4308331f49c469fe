import { describe, expect, it } from 'vitest';
import { modelCard } from '#worker/model-card.ts';

const FACTS = {
  name: 'moods',
  baseModel: 'tiny-bert',
  dataName: 'train.csv',
  task: 'text-classification' as const,
  problemType: 'single_label_classification' as const,
  labels: ['angry', 'glad'],
  trainingArguments: {
    learning_rate: 0.001,
    per_device_train_batch_size: 4,
    per_device_eval_batch_size: 8,
    seed: 42,
    optim: 'adamw_torch',
    adam_beta1: 0.9,
    adam_beta2: 0.999,
    adam_epsilon: 1e-8,
    lr_scheduler_type: 'linear',
    warmup_steps: 2,
    max_steps: 6,
    gradient_accumulation_steps: 2,
    fp16: true,
    label_smoothing_factor: 0,
  },
  logHistory: [
    { loss: 0.9, epoch: 1, step: 2 },
    { eval_loss: 0.8, eval_f1_macro: 0.5, eval_runtime: 3, eval_confusion_matrix: [[1]], epoch: 2, step: 4 },
    { loss: 0.3, epoch: 3, step: 6 },
    { eval_loss: 0.7, eval_f1_macro: 0.75, eval_runtime: 3, epoch: 3, step: 6 },
  ],
  step: 6,
  device: 'llvmpipe',
};

describe('modelCard', () => {
  it('tells what was trained, with what, and what it scored', () => {
    const card = modelCard(FACTS);
    for (const line of [
      'This model is a fine-tuned version of tiny-bert on train.csv, as it was after step 6.',
      'Task: single label classification. Labels: angry, glad.',
      '- Loss: 0.7000',
      '- F1 Macro: 0.7500',
      '- total_train_batch_size: 8',
      '- training_steps: 6',
      '- lr_scheduler_warmup_steps: 2',
      '- mixed_precision_training: f16 storage with float32 accumulation',
      '| Training Loss | Epoch | Step | Validation Loss | F1 Macro |',
      '| 0.9000 | 2 | 4 | 0.8000 | 0.5000 |',
      '| 0.3000 | 3 | 6 | 0.7000 | 0.7500 |',
      '- Device: llvmpipe',
    ])
      expect(card.split('\n')).toContain(line);
    expect(card.startsWith('---\nlibrary_name: transformers\npipeline_tag: text-classification\n')).toBe(true);
    expect(card).not.toMatch(/undefined|NaN|Confusion|Runtime/);
  });

  it('takes several sets of one evaluation together', () => {
    const logHistory = [
      { eval_de_loss: 0.5, epoch: 1, step: 2 },
      { eval_fr_loss: 0.25, epoch: 1, step: 2 },
    ];
    const lines = modelCard({ ...FACTS, logHistory }).split('\n');
    for (const line of ['- De Loss: 0.5000', '- Fr Loss: 0.2500', '| No log | 1 | 2 | 0.5000 | 0.2500 |'])
      expect(lines).toContain(line);
  });

  it('of an earlier checkpoint leaves out what came later', () => {
    const card = modelCard({ ...FACTS, step: 4 });
    expect(card).toContain('- Loss: 0.8000');
    expect(card).not.toContain('0.7000');
  });

  it('names the commits of the Hub it comes from', () => {
    const model = { repo: 'org/tiny-bert', revision: 'abc123' };
    const data = { repo: 'org/moods', revision: 'def456' };
    const lines = modelCard({ ...FACTS, origin: { model, data } }).split('\n');
    const header = lines.slice(0, lines.indexOf('---', 1));
    expect(header).toEqual(expect.arrayContaining(['base_model: org/tiny-bert', 'datasets:', '- org/moods']));
    expect(lines).toContain(
      'This model is a fine-tuned version of [org/tiny-bert](https://huggingface.co/org/tiny-bert) (commit abc123) on [org/moods](https://huggingface.co/datasets/org/moods) (commit def456), as it was after step 6.',
    );
    expect(modelCard(FACTS)).not.toContain('base_model');
  });

  it('without evaluations says so', () => {
    const card = modelCard({ ...FACTS, logHistory: [] });
    expect(card).toContain('No evaluation was run.');
    expect(card).not.toContain('evaluation set:');
  });
});

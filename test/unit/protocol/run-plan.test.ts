import { describe, expect, it } from 'vitest';
import { computeRunPlan, countBatches, resolveSteps } from '#protocol/run-plan.ts';
import { parseTrainingArguments, type TrainingArguments } from '#protocol/training-arguments.ts';

const args = (input: Record<string, unknown>): TrainingArguments => {
  const parsed = parseTrainingArguments(input);
  if (!parsed.ok) throw new Error(parsed.issues.map((issue) => issue.message).join('; '));
  return parsed.args;
};

const plan = (trainSamples: number, input: Record<string, unknown>) =>
  computeRunPlan({ trainSamples, args: args(input), checkpointBytes: 10, memory: null, schedule: () => 1 });

describe('resolveSteps', () => {
  it('counts updates as HF does', () => {
    const batches = countBatches(20, 4, false);
    const steps = resolveSteps(args({ gradient_accumulation_steps: 2, num_train_epochs: 1.5 }), batches);
    expect(batches).toBe(5);
    expect(steps).toMatchObject({ stepsPerEpoch: 3, maxSteps: 5, numTrainEpochs: 2 });
  });

  it('lets max_steps decide the epochs', () => {
    expect(resolveSteps(args({ max_steps: 7 }), 3)).toMatchObject({ maxSteps: 7, stepsPerEpoch: 3, numTrainEpochs: 3 });
  });

  it('drops the incomplete batch when told', () => {
    expect([countBatches(10, 4, false), countBatches(10, 4, true), countBatches(3, 4, true)]).toEqual([3, 2, 0]);
  });

  it('makes at least one update an epoch', () => {
    expect(resolveSteps(args({ gradient_accumulation_steps: 8, num_train_epochs: 2 }), 3).maxSteps).toBe(2);
  });

  it('turns shares into steps, rounding up', () => {
    const given = {
      max_steps: 9,
      logging_steps: 0.25,
      eval_strategy: 'steps',
      eval_steps: 0.34,
      save_steps: 0.1,
      warmup_steps: 0.3,
    };
    expect(resolveSteps(args(given), 100)).toMatchObject({
      loggingSteps: 3,
      evalSteps: 4,
      saveSteps: 1,
      warmupSteps: 3,
    });
    expect(resolveSteps(args({ ...given, logging_steps: 1, warmup_steps: 4 }), 100)).toMatchObject({
      loggingSteps: 1,
      warmupSteps: 4,
    });
  });

  it('refuses a run without a batch', () => {
    expect(() => resolveSteps(args({}), 0)).toThrow('too few rows');
    expect(() => plan(3, { dataloader_drop_last: true })).toThrow('too few rows');
  });
});

describe('computeRunPlan', () => {
  it('counts evaluations and saves at steps, the last step included', () => {
    const given = { max_steps: 5, eval_strategy: 'steps', eval_steps: 2, save_steps: 3, eval_on_start: true };
    expect(plan(100, given)).toMatchObject({ evaluations: 4, saves: 2, checkpointBytes: 10 });
    expect(plan(100, { ...given, eval_delay: 3, eval_on_start: false })).toMatchObject({ evaluations: 2 });
    expect(plan(100, { ...given, eval_steps: 5, save_steps: 5, eval_on_start: false })).toMatchObject({
      evaluations: 1,
      saves: 1,
    });
    expect(plan(100, { ...given, eval_delay: 6, eval_on_start: false }).evaluations).toBe(0);
  });

  it('counts evaluations and saves at the ends of epochs', () => {
    const given = { eval_strategy: 'epoch', save_strategy: 'epoch', num_train_epochs: 2.5 };
    expect(plan(80, given)).toMatchObject({ maxSteps: 25, evaluations: 3, saves: 3 });
    // The last epoch ends at 2.5, so a delay of 2.6 leaves nothing.
    expect(plan(80, { ...given, eval_delay: 2.5 }).evaluations).toBe(1);
    expect(plan(80, { ...given, eval_delay: 2.6 }).evaluations).toBe(0);
  });

  it('counts at most one save an evaluation with the strategy best', () => {
    const given = { save_strategy: 'best', eval_strategy: 'epoch', metric_for_best_model: 'accuracy' };
    expect(plan(80, given).saves).toBe(3);
    expect(plan(80, { save_strategy: 'no' }).saves).toBe(0);
  });

  const warnings = (input: Record<string, unknown>, samples = 80): readonly string[] => plan(samples, input).warnings;

  it('is silent when all is well', () => {
    expect(warnings({ logging_steps: 5, save_steps: 10 })).toEqual([]);
  });

  it.each([
    ['nothing saved', { save_strategy: 'no', logging_steps: 5 }, 'Nothing is saved before the end (step 30)'],
    ['first save at the end', { save_steps: 30, logging_steps: 5 }, 'Nothing is saved before the end'],
    ['one epoch', { num_train_epochs: 1, save_strategy: 'epoch', logging_steps: 5 }, 'Nothing is saved before the end'],
    ['weights only', { save_only_model: true, save_steps: 10, logging_steps: 5 }, 'can not be resumed'],
    ['long warm-up', { warmup_steps: 30, save_steps: 10, logging_steps: 5 }, 'Warm-up (30 steps)'],
    ['no loss shown', { save_steps: 10 }, 'No training loss will be shown'],
    ['late evaluation', { eval_strategy: 'epoch', eval_delay: 4, save_steps: 10, logging_steps: 5 }, 'eval_delay 4'],
    ['no learning', { learning_rate: 0, save_steps: 10, logging_steps: 5 }, 'learning rate is 0'],
    ['a short last update', { gradient_accumulation_steps: 4, save_steps: 5, logging_steps: 5 }, 'sees 2 of 4 batches'],
  ])('warns: %s', (_, input, text) => {
    const found = warnings(input);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(text);
  });

  it('warns of schedules that can not do what they are for', () => {
    const plateau = { lr_scheduler_type: 'reduce_lr_on_plateau', eval_strategy: 'epoch', num_train_epochs: 3 };
    const about = (input: Record<string, unknown>): readonly string[] =>
      plan(80, { save_steps: 1, logging_steps: 1, ...input }).warnings;
    expect(about(plateau)).toEqual([expect.stringContaining('there are 3 evaluations and its patience is 10')]);
    expect(about({ ...plateau, lr_scheduler_kwargs: { patience: 2 } })).toEqual([]);
    const stable = { lr_scheduler_type: 'warmup_stable_decay', max_steps: 10, warmup_steps: 4 };
    expect(about({ ...stable, lr_scheduler_kwargs: { num_decay_steps: 6 } })).toEqual([]);
    expect(about({ ...stable, lr_scheduler_kwargs: { num_decay_steps: 5, num_stable_steps: 2 } })).toEqual([
      expect.stringContaining('take 11 steps, but the run has 10'),
    ]);
    // The rate of a schedule without a warm-up is never short of its peak.
    expect(about({ ...plateau, warmup_steps: 500, lr_scheduler_kwargs: { patience: 0 } })).toEqual([]);
  });
});

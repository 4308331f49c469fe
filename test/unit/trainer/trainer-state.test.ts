import { describe, expect, it } from 'vitest';
import { createTrainerState, fromTrainerStateJson, toTrainerStateJson } from '#trainer/trainer-state.ts';
import { parseHfJson, stringifyHfJson } from '#util/hf-json.ts';

/** The fields of transformers 5.18's TrainerState: it refuses any other. */
const HF_FIELDS = [
  'best_global_step',
  'best_metric',
  'best_model_checkpoint',
  'epoch',
  'eval_steps',
  'global_step',
  'is_hyper_param_search',
  'is_local_process_zero',
  'is_world_process_zero',
  'log_history',
  'logging_steps',
  'max_steps',
  'num_input_tokens_seen',
  'num_train_epochs',
  'save_steps',
  'stateful_callbacks',
  'total_flos',
  'train_batch_size',
  'trial_name',
  'trial_params',
];

describe('trainer_state.json', () => {
  it("has exactly HF's keys", () => {
    expect(Object.keys(toTrainerStateJson(createTrainerState())).sort()).toEqual(HF_FIELDS);
  });

  it('comes back as it was written, numbers that JSON does not know included', () => {
    const state = {
      ...createTrainerState(),
      epoch: 1.8,
      globalStep: 5,
      maxSteps: 9,
      loggingSteps: 1,
      evalSteps: 2,
      saveSteps: 3,
      trainBatchSize: 4,
      numTrainEpochs: 2,
      totalFlos: 1.5e12,
      logHistory: [{ loss: Number.NaN, grad_norm: Infinity, epoch: 1, step: 3 }],
      bestMetric: 0.25,
      bestGlobalStep: 4,
      bestModelCheckpoint: 'checkpoint-4',
      statefulCallbacks: { EarlyStoppingCallback: { args: { early_stopping_patience: 2 }, attributes: {} } },
    };
    const text = stringifyHfJson(toTrainerStateJson(state));
    expect(text).toContain('"loss": NaN');
    const read = fromTrainerStateJson(parseHfJson(text, 'trainer_state.json') as Record<string, unknown>);
    expect(read).toEqual(state);
  });

  it('takes a file with fewer fields, or more', () => {
    expect(fromTrainerStateJson({ global_step: 7, some_new_field: 1 })).toEqual({
      ...createTrainerState(),
      globalStep: 7,
    });
  });
});

// Sets of arguments for a purpose. Each is what it changes over the studio's defaults.

import { msg } from '#util/msg.ts';

export interface Preset {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly changes: Readonly<Record<string, unknown>>;
}

export const PRESETS: readonly Preset[] = [
  {
    id: 'quick',
    label: msg`Quick look`,
    description: msg`60 steps and two evaluations: does it learn at all?`,
    changes: {
      max_steps: 60,
      eval_strategy: 'steps',
      eval_steps: 30,
      save_strategy: 'steps',
      save_steps: 30,
      logging_steps: 2,
    },
  },
  { id: 'balanced', label: msg`Balanced`, description: msg`The studio's defaults.`, changes: {} },
  {
    id: 'careful',
    label: msg`Careful`,
    description: msg`More epochs, smaller updates along a cosine, the best checkpoint kept.`,
    changes: { num_train_epochs: 6, learning_rate: 2e-5, lr_scheduler_type: 'cosine', save_total_limit: 2 },
  },
  {
    id: 'overfit',
    label: msg`Overfit a few batches`,
    description: msg`100 steps over the same rows in the same order, with nothing that holds back: the loss must fall to almost nothing, else something is wrong.`,
    changes: {
      max_steps: 100,
      train_sampling_strategy: 'sequential',
      weight_decay: 0,
      warmup_steps: 0,
      lr_scheduler_type: 'constant',
      logging_steps: 1,
      eval_strategy: 'no',
      save_strategy: 'no',
      load_best_model_at_end: false,
    },
  },
];

// Where the studio's defaults differ from HuggingFace's: a first run should show its curve, keep its checkpoints and
// end with its best model. The form shows HuggingFace's default beside each.

/** @param sample the bundled model, which is tiny and learns best with larger updates. */
export function studioDefaults(sample: boolean): Readonly<Record<string, unknown>> {
  return {
    per_device_train_batch_size: 16,
    per_device_eval_batch_size: 32,
    learning_rate: sample ? 1e-3 : 5e-5,
    ...(sample ? { num_train_epochs: 2 } : {}),
    warmup_steps: 0.1,
    weight_decay: 0.01,
    logging_steps: 10,
    logging_first_step: true,
    eval_strategy: 'epoch',
    save_strategy: 'epoch',
    save_total_limit: 3,
    load_best_model_at_end: true,
  };
}

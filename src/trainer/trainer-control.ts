// Flags by which callbacks steer the loop. HF's TrainerControl.

export class TrainerControl {
  shouldTrainingStop = false;
  shouldEpochStop = false;
  shouldLog = false;
  shouldEvaluate = false;
  shouldSave = false;

  /** The flags as HF's stateful_callbacks keep them. */
  toState() {
    return {
      args: {
        should_epoch_stop: this.shouldEpochStop,
        should_evaluate: this.shouldEvaluate,
        should_log: this.shouldLog,
        should_save: this.shouldSave,
        should_training_stop: this.shouldTrainingStop,
      },
      attributes: {},
    };
  }
}

// When to log, evaluate, save and stop. HF's DefaultFlowCallback; the trainer puts it first.

import type { TrainerCallback } from './trainer-callback.ts';

export const defaultFlowCallback: TrainerCallback = {
  name: 'DefaultFlowCallback',

  onStepEnd({ args, state, control }) {
    const { globalStep: step } = state;
    if (step === 1 && args.loggingFirstStep) control.shouldLog = true;
    if (args.loggingStrategy === 'steps' && step % state.loggingSteps === 0) control.shouldLog = true;
    const evaluates = args.evalStrategy === 'steps' && args.evalDelay <= step;
    if (evaluates && step % state.evalSteps === 0) control.shouldEvaluate = true;
    if (args.saveStrategy === 'steps' && state.saveSteps > 0 && step % state.saveSteps === 0) control.shouldSave = true;
    if (step >= state.maxSteps) {
      control.shouldTrainingStop = true;
      if (evaluates) control.shouldEvaluate = true;
      if (args.saveStrategy === 'steps') control.shouldSave = true;
    }
  },

  onEpochEnd({ args, state, control }) {
    if (args.loggingStrategy === 'epoch') control.shouldLog = true;
    if (args.evalStrategy === 'epoch' && args.evalDelay <= state.epoch) control.shouldEvaluate = true;
    if (args.saveStrategy === 'epoch') control.shouldSave = true;
  },
};

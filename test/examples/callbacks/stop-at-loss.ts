// A callback of one's own: ends the run, with a checkpoint, once an evaluation finds a loss that is low enough.

import type { TrainerCallback } from '../../../src/trainer/callbacks/trainer-callback.ts';

const ENOUGH = 5.9;

/** Every module of a callback exports a function by default that makes a new one. */
export default function stopAtLoss(): TrainerCallback {
  let best = Number.POSITIVE_INFINITY;
  return {
    name: 'StopAtLossCallback',

    /** Any event of HF's TrainerCallback may be answered; `state` tells where the run is, the flags of `control` steer it. */
    onEvaluate({ metrics, state, control }) {
      best = Math.min(best, Number(metrics?.['eval_loss']));
      if (best > ENOUGH) return;
      console.error(`a loss of ${best.toFixed(2)} is enough: stopping at step ${state.globalStep}`);
      control.shouldSave = true;
      control.shouldTrainingStop = true;
    },

    /** What goes into checkpoints, and comes back with restore_callback_states_from_checkpoint. */
    exportState: () => ({ args: {}, attributes: { best } }),
    restoreState({ attributes }) {
      best = Number(attributes['best']);
    },
  };
}

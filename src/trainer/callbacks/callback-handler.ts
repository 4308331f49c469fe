// Calls the callbacks in order, and resets the control flags where HF does: before the callbacks of the event run.

import type { CallbackState } from '../trainer-state.ts';
import type { CallbackContext, CallbackEvent, TrainerCallback } from './trainer-callback.ts';

export class CallbackHandler {
  readonly #callbacks: readonly TrainerCallback[];

  constructor(callbacks: readonly TrainerCallback[]) {
    this.#callbacks = [...callbacks];
  }

  /** By name, what stateful callbacks keep in a checkpoint. */
  exportStates(): Record<string, CallbackState> {
    return Object.fromEntries(
      this.#callbacks.flatMap((callback) => (callback.exportState ? [[callback.name, callback.exportState()]] : [])),
    );
  }

  restoreStates(states: Readonly<Record<string, CallbackState>>): void {
    for (const callback of this.#callbacks) {
      const state = states[callback.name];
      if (state) callback.restoreState?.(state);
    }
  }

  async fire(event: CallbackEvent, context: CallbackContext): Promise<void> {
    resetFlags(event, context);
    for (const callback of this.#callbacks) await callback[event]?.(context);
  }
}

function resetFlags(event: CallbackEvent, { control }: CallbackContext): void {
  if (event === 'onTrainBegin') control.shouldTrainingStop = false;
  if (event === 'onEpochBegin') control.shouldEpochStop = false;
  if (event === 'onStepBegin' || event === 'onLog') control.shouldLog = false;
  if (event === 'onStepBegin' || event === 'onEvaluate') control.shouldEvaluate = false;
  if (event === 'onStepBegin' || event === 'onSave') control.shouldSave = false;
}

// Calls the callbacks in order, and resets the control flags where HF does: before the callbacks of the event run.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { CallbackState, SavedCallback } from '../trainer-state.ts';
import type { CallbackContext, CallbackEvent, TrainerCallback } from './trainer-callback.ts';

/** A callback, or its name. */
export type CallbackReference = TrainerCallback | string;

export class CallbackHandler {
  #callbacks: readonly TrainerCallback[];

  constructor(callbacks: readonly TrainerCallback[]) {
    this.#callbacks = [...callbacks];
  }

  add(callback: TrainerCallback): void {
    this.#callbacks = [...this.#callbacks, callback];
  }

  /** Takes out the first that fits. @throws StudioError E-ARGS when there is none. */
  remove(reference: CallbackReference): TrainerCallback {
    const found = this.#callbacks.find((callback) => callback === reference || callback.name === reference);
    if (!found) {
      const name = typeof reference === 'string' ? reference : reference.name;
      throw new StudioError('E-ARGS', msg`This Trainer has no callback ${name}.`, {
        where: 'callbacks',
        hint: msg`It has: ${this.#callbacks.map((callback) => callback.name).join(', ')}.`,
      });
    }
    this.#callbacks = this.#callbacks.filter((callback) => callback !== found);
    return found;
  }

  /** By name, what stateful callbacks keep in a checkpoint; a list where several share a name, as in HF. */
  exportStates(): Record<string, SavedCallback> {
    const states = new Map<string, CallbackState[]>();
    for (const callback of this.#callbacks) {
      if (!callback.exportState) continue;
      states.set(callback.name, [...(states.get(callback.name) ?? []), callback.exportState()]);
    }
    return Object.fromEntries([...states].map(([name, all]) => [name, all.length === 1 ? all[0]! : all]));
  }

  /** @returns names in the checkpoint that no callback here answers to. */
  restoreStates(saved: Readonly<Record<string, SavedCallback>>): string[] {
    const waiting = new Map(Object.entries(saved).map(([name, states]) => [name, [states].flat()]));
    for (const callback of this.#callbacks) {
      const state = waiting.get(callback.name)?.shift();
      if (state) callback.restoreState?.(state);
    }
    return [...waiting].filter(([, left]) => left.length > 0).map(([name]) => name);
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

// enable_jit_checkpoint in the runner: SIGTERM or SIGINT lets the update finish, with the evaluation that is due,
// saves a checkpoint and ends the run. A second signal ends the process at once.

import type { TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import { say } from './say.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Ctrl+C under npm arrives twice: from the terminal, and passed on by npm. */
const ONE_SIGNAL_MS = 1000;

/** Told by `train()` that came back early because of a signal; what is left to do is to say so. */
export class EndedBySignal extends Error {
  override readonly name = 'EndedBySignal';
}

export class EndSignal {
  #received: NodeJS.Signals | null = null;
  #receivedAt = 0;
  #savedAt: number | null = null;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#receive);
  }

  /** Leaves signals to do what they do by default. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#receive);
  }

  /** Whether training ended before its time. */
  get endedRun(): boolean {
    return this.#savedAt !== null;
  }

  /** @throws EndedBySignal, with how to go on, where training ended before its time. */
  throwIfEnded(howToGoOn: (checkpoint: string) => string): void {
    if (this.#savedAt === null) return;
    const checkpoint = `checkpoint-${this.#savedAt}`;
    throw new EndedBySignal(`ended by ${this.#received} after step ${this.#savedAt}. ${howToGoOn(checkpoint)}`);
  }

  readonly #receive = (signal: NodeJS.Signals): void => {
    if (this.#received) {
      if (performance.now() - this.#receivedAt < ONE_SIGNAL_MS) return;
      this.close();
      process.kill(process.pid, signal);
      return;
    }
    this.#received = signal;
    this.#receivedAt = performance.now();
    say(`${signal}: ending after this update, with a checkpoint. Once more ends at once, without.`);
  };

  readonly callback: TrainerCallback = {
    name: 'JITCheckpointCallback',
    onStepEnd: ({ state, control }) => {
      // What an epoch ends with belongs to the checkpoint, too.
      if (!this.#received || Number.isInteger(state.epoch) || state.globalStep >= state.maxSteps) return;
      this.#savedAt = state.globalStep;
      control.shouldSave = true;
      control.shouldTrainingStop = true;
    },
    onEpochEnd: ({ state, control }) => {
      if (this.#savedAt !== null) {
        // The epoch did not end: its strategies must not add to what was saved.
        control.shouldLog = false;
        control.shouldEvaluate = false;
        control.shouldSave = false;
      } else if (this.#received && !control.shouldTrainingStop && state.globalStep < state.maxSteps) {
        this.#savedAt = state.globalStep;
        control.shouldSave = true;
        control.shouldTrainingStop = true;
      }
    },
  };
}

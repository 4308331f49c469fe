// What a person asked of the run in training, waiting for the place between two steps where it can be done.

import type { TrainerControl } from '#trainer/trainer-control.ts';
import type { ActOnFlags } from '#trainer/trainer-options.ts';

export interface PauseListener {
  onPause(): void;
  onContinue(): void;
}

export class RunCommands {
  #paused = false;
  #save = false;
  #evaluate = false;
  #stop: { readonly save: boolean } | null = null;
  #changed: () => void = () => undefined;

  get stopRequested(): { readonly save: boolean } | null {
    return this.#stop;
  }

  pause(): void {
    this.#paused = true;
    this.#changed();
  }

  continue(): void {
    this.#paused = false;
    this.#changed();
  }

  stop(save: boolean): void {
    this.#stop = { save };
    this.#changed();
  }

  saveNow(): void {
    this.#save = true;
    this.#changed();
  }

  evaluateNow(): void {
    this.#evaluate = true;
    this.#changed();
  }

  /** Something changed that a pause need not keep waiting for. */
  wake(): void {
    this.#changed();
  }

  /** Carries out what was asked; while paused it waits here, and still saves and evaluates on demand. */
  async betweenSteps(control: TrainerControl, act: ActOnFlags, listener: PauseListener): Promise<void> {
    await this.#act(control, act);
    if (!this.#paused || this.#stop) return;
    listener.onPause();
    while (this.#paused && !this.#stop) {
      // Something may have been asked for while the last thing was done: then there is nothing to wait for.
      if (!this.#save && !this.#evaluate) await this.#change();
      await this.#act(control, act);
    }
    listener.onContinue();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  async #act(control: TrainerControl, act: ActOnFlags): Promise<void> {
    if (this.#evaluate) control.shouldEvaluate = true;
    if (this.#save || this.#stop?.save) control.shouldSave = true;
    if (this.#stop) control.shouldTrainingStop = true;
    this.#evaluate = false;
    this.#save = false;
    if (control.shouldEvaluate || control.shouldSave) await act();
  }
}

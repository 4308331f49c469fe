// The running loss of HF's log: a float32 sum since the last log, divided by the updates since then.

export class LossTracker {
  readonly #filterNonFinite: boolean;
  #sum = 0;
  #total = 0;
  #lastLoggedStep: number;
  readonly #firstStep: number;

  /** @param step updates finished before this session. */
  constructor(filterNonFinite: boolean, step: number) {
    this.#filterNonFinite = filterNonFinite;
    this.#lastLoggedStep = step;
    this.#firstStep = step;
  }

  /** One micro-loss of update `step` (from 1). With the filter a NaN or infinity counts as the mean so far. */
  add(loss: number, step: number): void {
    const counted = this.#filterNonFinite && !Number.isFinite(loss) ? this.#sum / (step - this.#lastLoggedStep) : loss;
    this.#sum = Math.fround(this.#sum + Math.fround(counted));
  }

  get lastLoggedStep(): number {
    return this.#lastLoggedStep;
  }

  /** Mean loss of the updates since the last log; starts the next window. The sum is set anew, not subtracted: one NaN
   * must not poison every later log. */
  takeMean(step: number): number {
    const mean = this.#sum / (step - this.#lastLoggedStep);
    this.#total += this.#sum;
    this.#sum = 0;
    this.#lastLoggedStep = step;
    return mean;
  }

  /** Mean loss of this session's updates. HF divides by all updates of the run, which understates it after a resume. */
  sessionMean(step: number): number {
    const steps = step - this.#firstStep;
    return steps === 0 ? 0 : (this.#total + this.#sum) / steps;
  }
}

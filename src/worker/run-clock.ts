// Time of a run: what it has taken, and an honest guess of what is left. Pauses do not count, evaluations do.

/** Recent updates whose mean is the guess; old ones (compilation, another tab's load) fall out. */
const WINDOW = 40;

export interface RemainingWork {
  readonly steps: number;
  readonly evaluations: number;
}

export class RunClock {
  readonly #now: () => number;
  /** Active milliseconds of earlier sessions. */
  readonly #before: number;
  #active = 0;
  #runningSince: number | null = null;
  #stepStarted: number | null = null;
  #evaluatedMs = 0;
  #evaluationStarted: number | null = null;
  /** The first update compiles kernels; it says nothing about the others and is not timed. */
  #compiled = false;
  readonly #steps: number[] = [];
  readonly #samples: number[] = [];
  #evaluations: number[] = [];

  constructor(before: number, now: () => number = () => performance.now()) {
    this.#before = before;
    this.#now = now;
  }

  start(): void {
    this.#runningSince ??= this.#now();
    this.#stepStarted = this.#now();
    this.#evaluatedMs = 0;
  }

  pause(): void {
    this.#active = this.sessionMs;
    this.#runningSince = null;
  }

  get sessionMs(): number {
    return this.#active + (this.#runningSince === null ? 0 : this.#now() - this.#runningSince);
  }

  get activeMs(): number {
    return this.#before + this.sessionMs;
  }

  evaluationBegins(): void {
    this.#evaluationStarted ??= this.#now();
  }

  evaluationEnds(): void {
    if (this.#evaluationStarted === null) return;
    const took = this.#now() - this.#evaluationStarted;
    this.#evaluationStarted = null;
    this.#evaluatedMs += took;
    this.#evaluations = [...this.#evaluations, took].slice(-5);
  }

  /** An update ended that saw so many samples. Evaluations inside it are not its time. */
  stepEnds(samples: number): void {
    const now = this.#now();
    if (this.#stepStarted !== null && this.#compiled) {
      this.#steps.push(now - this.#stepStarted - this.#evaluatedMs);
      this.#samples.push(samples);
      if (this.#steps.length > WINDOW) {
        this.#steps.shift();
        this.#samples.shift();
      }
    }
    this.#compiled = true;
    this.#stepStarted = now;
    this.#evaluatedMs = 0;
  }

  get samplesPerSecond(): number | null {
    const time = sum(this.#steps);
    return time > 0 ? (1000 * sum(this.#samples)) / time : null;
  }

  /** Milliseconds; null until two updates were timed. */
  remaining({ steps, evaluations }: RemainingWork): number | null {
    const recent = this.#steps;
    if (recent.length === 0) return null;
    const evaluation = this.#evaluations.length > 0 ? sum(this.#evaluations) / this.#evaluations.length : 0;
    return steps * (sum(recent) / recent.length) + evaluations * evaluation;
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

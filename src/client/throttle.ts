// Lets many requests through as few calls: at once after a quiet time, else once per interval. Used by the stores.

export class Throttle {
  readonly #call: () => void;
  readonly #intervalMs: number;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #requested = false;

  constructor(call: () => void, intervalMs: number) {
    this.#call = call;
    this.#intervalMs = intervalMs;
  }

  request(): void {
    if (this.#timer === null) this.fire();
    else this.#requested = true;
  }

  /** Calls now and starts a new interval. */
  fire(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#requested = false;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#requested) this.fire();
    }, this.#intervalMs);
    this.#call();
  }
}

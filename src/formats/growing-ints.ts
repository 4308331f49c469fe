// Whole numbers whose count is not known beforehand, four bytes each.

export class GrowingInts {
  #values = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.#makeRoom(1);
    this.#values[this.#length++] = value;
  }

  append(values: ArrayLike<number>): void {
    this.#makeRoom(values.length);
    this.#values.set(values, this.#length);
    this.#length += values.length;
  }

  get(index: number): number {
    return this.#values[index]!;
  }

  /** A copy of its own size. */
  toArray(): Int32Array<ArrayBuffer> {
    return this.#values.slice(0, this.#length);
  }

  #makeRoom(count: number): void {
    if (this.#length + count <= this.#values.length) return;
    const larger = new Int32Array(Math.max(2 * this.#values.length, this.#length + count));
    larger.set(this.#values.subarray(0, this.#length));
    this.#values = larger;
  }
}

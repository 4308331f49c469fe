// A number of 53 bits for a text, to find equal ones among many without keeping them: cyrb53 by bryc, which is in the
// public domain. Two of ten million different texts share one with a chance of about one in two hundred.

export function textHash(parts: readonly string[]): number {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  const mix = (code: number): void => {
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  };
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) mix(part.charCodeAt(i));
    // Parts end somewhere: "a" and "bc" are not "ab" and "c".
    mix(0x10000);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** Which row came first with each hash: an open hash table of row numbers, eight bytes a row. */
export class HashIndex {
  readonly #hashes: Float64Array;
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** @param hashes by row number; `rows` is how many of them are added at most. */
  constructor(hashes: Float64Array, rows: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * rows + 2));
    this.#hashes = hashes;
    this.#slots = new Int32Array(size).fill(-1);
    this.#mask = size - 1;
  }

  /** @returns the row that was added with this hash, else -1. */
  find(hash: number): number {
    return this.#slots[this.#slotOf(hash)]!;
  }

  /** @returns the row of the same hash that was there before; else -1, and the row is added. */
  add(row: number): number {
    const slot = this.#slotOf(this.#hashes[row]!);
    const known = this.#slots[slot]!;
    if (known === -1) this.#slots[slot] = row;
    return known;
  }

  #slotOf(hash: number): number {
    let slot = (hash >>> 0) & this.#mask;
    while (this.#slots[slot] !== -1 && this.#hashes[this.#slots[slot]!] !== hash) slot = (slot + 1) & this.#mask;
    return slot;
  }
}

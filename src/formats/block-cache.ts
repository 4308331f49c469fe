// Blocks that were read of late, so that going through a small file again reads nothing. Least recently used out first.
// The files of a split share one.

/** Bytes of the files whose rows are kept; as rows they take a few times as much. */
const KEPT_BYTES = 32 << 20;

export class BlockCache<T> {
  readonly #kept = new Map<object, { readonly block: Promise<T>; readonly bytes: number }>();
  #bytes = 0;

  /** @param key the same object for the same block */
  get(key: object, bytes: number, read: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    const entry = known ?? { block: read(), bytes };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    if (known) return known.block;
    this.#bytes += bytes;
    entry.block.catch(() => this.#drop(key));
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= KEPT_BYTES || oldest === key) break;
      this.#drop(oldest);
    }
    return entry.block;
  }

  #drop(key: object): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

// Blocks that were read of late, so that going through a small file again reads nothing. Least recently used out first.

/** Bytes of the file whose rows are kept; as rows they take a few times as much. */
const KEPT_BYTES = 32 << 20;

export class BlockCache<T> {
  readonly #read: (index: number) => Promise<T>;
  readonly #kept = new Map<number, { readonly block: Promise<T>; readonly bytes: number }>();
  #bytes = 0;

  constructor(read: (index: number) => Promise<T>) {
    this.#read = read;
  }

  get(index: number, bytes: number): Promise<T> {
    const known = this.#kept.get(index);
    const entry = known ?? { block: this.#read(index), bytes };
    this.#kept.delete(index);
    this.#kept.set(index, entry);
    if (known) return known.block;
    this.#bytes += bytes;
    entry.block.catch(() => this.#drop(index));
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= KEPT_BYTES || oldest === index) break;
      this.#drop(oldest);
    }
    return entry.block;
  }

  #drop(index: number): void {
    this.#bytes -= this.#kept.get(index)?.bytes ?? 0;
    this.#kept.delete(index);
  }
}

// CRC-32 (the one of zip and PNG), fed piece by piece: checkpoints carry one for each tensor. And Castagnoli's CRC-32C.

const SLICES = 8;

/** Row k holds the effect of a byte that is followed by k zero bytes: eight bytes then need eight independent look-ups. */
const TABLES = makeTables(0xedb88320);
const CASTAGNOLI_TABLES = makeTables(0x82f63b78);

function makeTables(polynomial: number): readonly Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
  const tables = [first];
  for (let k = 1; k < SLICES; k++) {
    tables.push(tables[k - 1]!.map((value) => (value >>> 8) ^ first[value & 255]!));
  }
  return tables;
}

export class Crc32 {
  #state = 0xffffffff;
  readonly #tables: readonly Uint32Array[];

  constructor(tables = TABLES) {
    this.#tables = tables;
  }

  update(bytes: Uint8Array): void {
    const [t0, t1, t2, t3, t4, t5, t6, t7] = this.#tables as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    let crc = this.#state;
    let i = 0;
    for (const end = bytes.length - (SLICES - 1); i < end; i += SLICES) {
      crc =
        t7[(crc ^ bytes[i]!) & 255]! ^
        t6[((crc >>> 8) ^ bytes[i + 1]!) & 255]! ^
        t5[((crc >>> 16) ^ bytes[i + 2]!) & 255]! ^
        t4[(crc >>> 24) ^ bytes[i + 3]!]! ^
        t3[bytes[i + 4]!]! ^
        t2[bytes[i + 5]!]! ^
        t1[bytes[i + 6]!]! ^
        t0[bytes[i + 7]!]!;
    }
    for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 255]!;
    this.#state = crc;
  }

  /** The checksum of everything fed so far, from 0 to 2^32 − 1. More may be fed afterwards. */
  digest(): number {
    return ~this.#state >>> 0;
  }
}

export function crc32c(bytes: Uint8Array): number {
  const crc = new Crc32(CASTAGNOLI_TABLES);
  crc.update(bytes);
  return crc.digest();
}

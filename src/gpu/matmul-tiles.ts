// How matrix products are cut into tiles in workgroup memory. Which tile is fastest differs from device to device; what it
// computes does not: every element of a result is summed in the same order, so all tiles give the same bits.

export interface MatmulTile {
  /** Of the result, for one workgroup. */
  readonly rows: number;
  readonly columns: number;
  /** Rows of a thread, each of four columns. */
  readonly rowsOfThread: number;
}

export interface MatmulTiles {
  /** For results that are too small to keep the device busy in large tiles. */
  readonly small: MatmulTile;
  readonly large: MatmulTile;
}

export const threadsOf = ({ rows, columns, rowsOfThread }: MatmulTile): number => (rows / rowsOfThread) * (columns / 4);

const tile = (rows: number, columns: number, rowsOfThread: number): MatmulTile => ({ rows, columns, rowsOfThread });

/** To choose from. They fit every device: 256 threads, 16 KiB of workgroup memory. */
export const MATMUL_TILES: readonly MatmulTile[] = [
  tile(32, 32, 4),
  tile(64, 32, 4),
  tile(64, 64, 4),
  tile(64, 64, 8),
  tile(128, 64, 8),
];

/** Until a device was measured, and where none is. */
export const DEFAULT_TILES: MatmulTiles = { small: tile(32, 32, 4), large: tile(64, 64, 4) };

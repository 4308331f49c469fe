// Threefry-2x32 with 20 rounds on the CPU, bit for bit what `threefry.wgsl` computes.

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** One 32-bit word of noise for an element of a site, under the key (seed, step). All arguments are taken mod 2³². */
export function threefry(seed: number, step: number, element: number, site: number): number {
  const keys = [seed | 0, step | 0, 0x1bd11bda ^ seed ^ step];
  let x = (element + keys[0]!) | 0;
  let y = (site + keys[1]!) | 0;
  for (let block = 0; block < 5; block++) {
    for (const bits of ROTATIONS[block % 2]!) {
      x = (x + y) | 0;
      y = ((y << bits) | (y >>> (32 - bits))) ^ x;
    }
    x = (x + keys[(block + 1) % 3]!) | 0;
    y = (y + keys[(block + 2) % 3]! + block + 1) | 0;
  }
  return x >>> 0;
}

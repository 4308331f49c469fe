// Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11): a counter-based
// generator of additions, rotations and exclusive-ors. `threefry.ts` is the same function on the CPU.
fn rotate_left(x: u32, bits: u32) -> u32 { return (x << bits) | (x >> (32u - bits)); }

fn threefry_rounds(v: vec2<u32>, a: u32, b: u32, c: u32, d: u32) -> vec2<u32> {
  var r = v;
  r.x += r.y; r.y = rotate_left(r.y, a) ^ r.x;
  r.x += r.y; r.y = rotate_left(r.y, b) ^ r.x;
  r.x += r.y; r.y = rotate_left(r.y, c) ^ r.x;
  r.x += r.y; r.y = rotate_left(r.y, d) ^ r.x;
  return r;
}

// One word of noise for an element of a site, under the key (seed, step).
fn threefry(seed: u32, step: u32, element: u32, site: u32) -> u32 {
  let k2 = 0x1bd11bdau ^ seed ^ step;
  var v = vec2<u32>(element + seed, site + step);
  v = threefry_rounds(v, 13u, 15u, 26u, 6u);
  v += vec2<u32>(step, k2 + 1u);
  v = threefry_rounds(v, 17u, 29u, 16u, 24u);
  v += vec2<u32>(k2, seed + 2u);
  v = threefry_rounds(v, 13u, 15u, 26u, 6u);
  v += vec2<u32>(seed, step + 3u);
  v = threefry_rounds(v, 17u, 29u, 16u, 24u);
  v += vec2<u32>(step, k2 + 4u);
  v = threefry_rounds(v, 13u, 15u, 26u, 6u);
  v += vec2<u32>(k2, seed + 5u);
  return v.x;
}

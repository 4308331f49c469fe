// The dynamic 8-bit numbers, as `dynamic-map.ts` has them. `zero` and `last` tell the two maps apart: 127 and 128 of the
// signed one, -1 and 256 of the unsigned one.
const DECADES = array<f32, 7>(1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0);

fn magnitude(place: u32, last: u32) -> f32 {
  if (place == last) { return 1.0; }
  let lowest = select(1u, 0u, last == 128u);
  let decade = firstLeadingBit(place);
  if (place == 0u || decade < lowest) { return 0.0; }
  var powers = DECADES;
  let count = 1u << decade;
  return powers[decade - lowest] * (0.1 + 0.9 * (f32(place - count) + 0.5) / f32(count));
}

fn decode(code: u32, zero: i32, last: u32) -> f32 {
  let place = i32(code) - zero;
  let size = magnitude(u32(abs(place)), last);
  return select(size, -size, place < 0);
}

fn encode(value: f32, zero: i32, last: u32) -> u32 {
  let size = abs(value);
  let highest = select(last, last - 1u, value < 0.0);
  var low = select(1u, 0u, last == 128u);
  var high = highest;
  while (low < high) {
    let middle = (low + high + 1u) >> 1u;
    if (magnitude(middle, last) <= size) { low = middle; } else { high = middle - 1u; }
  }
  let above = min(low + 1u, highest);
  let nearest = i32(select(low, above, size - magnitude(low, last) > magnitude(above, last) - size));
  return u32(select(zero + nearest, zero - nearest, value < 0.0));
}

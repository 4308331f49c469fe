// Writes up to four neighbours of a row of C one by one, for an N that is not a multiple of four. C is f32.
fn store(base: u32, row: u32, column: u32, v: vec4<f32>) {
  if (row >= u.m || column >= u.n) { return; }
  let r = with_bias(column, v);
  let at = base + row * u.ldc + column;
  c_set(at, r.x);
  if (column + 1u < u.n) { c_set(at + 1u, r.y); }
  if (column + 2u < u.n) { c_set(at + 2u, r.z); }
  if (column + 3u < u.n) { c_set(at + 3u, r.w); }
}

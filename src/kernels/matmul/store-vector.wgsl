// Writes four neighbours of a row of C at once: N and the strides of C are multiples of four.
fn store(base: u32, row: u32, column: u32, v: vec4<f32>) {
  if (row >= u.m || column >= u.n) { return; }
  c_set4(base + row * u.ldc + column, with_bias(column, v));
}

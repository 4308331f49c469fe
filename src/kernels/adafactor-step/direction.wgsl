// An element of the update before it is clipped. `scratch` holds the mean of the row factors first.
fn gradient(i: u32) -> f32 { return grad(u.first + i) * state(7u); }

fn direction(i: u32) -> f32 {
  if (VECTOR) { return gradient(i) / sqrt(factors(u.row_first + i)); }
  let row = factors(u.row_first + i / u.columns);
  let column = factors(u.column_first + i % u.columns);
  return gradient(i) / (sqrt(row / scratch(0u)) * sqrt(column));
}

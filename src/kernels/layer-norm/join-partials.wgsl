// A column a thread: the sums of its partials in order, for gamma and for beta.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  if (column >= u.columns) { return; }
  var g = 0.0;
  var b = 0.0;
  for (var part = 0u; part < u.parts; part++) {
    g += partials(part * 2u * u.columns + column);
    b += partials((part * 2u + 1u) * u.columns + column);
  }
  if (ACCUMULATE) {
    g += dgamma(column);
    b += dbeta(column);
  }
  dgamma_set(column, g);
  dbeta_set(column, b);
}

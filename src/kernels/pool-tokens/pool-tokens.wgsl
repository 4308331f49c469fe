// y[b] = sum over the tokens of weights[b, token] · x[b, token], in order, four columns a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column_groups = (u.columns + 3u) / 4u;
  if (id.x >= u.batch * column_groups) { return; }
  let batch = id.x / column_groups;
  let i = (id.x % column_groups) * 4u;
  var sum = vec4<f32>(0.0);
  for (var row = batch * u.length; row < (batch + 1u) * u.length; row++) {
    sum += weights(row) * x_row(row * u.columns, i);
  }
  y_row_set(batch * u.columns, i, sum);
}

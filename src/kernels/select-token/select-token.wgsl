// y[b] = x[b, positions[b]], four columns a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column_groups = (u.columns + 3u) / 4u;
  if (id.x >= u.batch * column_groups) { return; }
  let batch = id.x / column_groups;
  let i = (id.x % column_groups) * 4u;
  let row = batch * u.length + u32(positions(batch));
  y_row_set(batch * u.columns, i, x_row(row * u.columns, i));
}

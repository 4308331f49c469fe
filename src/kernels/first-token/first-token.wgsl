// y[b] = x[b, 0], four columns a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column_groups = (u.columns + 3u) / 4u;
  if (id.x >= u.batch * column_groups) { return; }
  let batch = id.x / column_groups;
  let i = (id.x % column_groups) * 4u;
  y_row_set(batch * u.columns, i, x_row(batch * u.length * u.columns, i));
}

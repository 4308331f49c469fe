// y = f(gate) · up, four values a thread. Rows of x hold the gates, then the others.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column_groups = (u.columns + 3u) / 4u;
  let place = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (place >= u.rows * column_groups) { return; }
  let row = place / column_groups;
  let i = (place % column_groups) * 4u;
  let gates = row * 2u * u.columns;
  y_row_set(row * u.columns, i, activate4(x_row(gates, i)) * x_row(gates + u.columns, i));
}

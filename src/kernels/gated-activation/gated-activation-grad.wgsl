// dgate = dy · up · f'(gate) and dup = dy · f(gate), four values of each a thread.
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
  let gate = x_row(gates, i);
  let d = dy_row(row * u.columns, i);
  dx_row_set(gates, i, d * x_row(gates + u.columns, i) * derivative4(gate));
  dx_row_set(gates + u.columns, i, d * activate4(gate));
}

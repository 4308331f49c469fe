// y[token, column] = scale · sum over the tables of weight[ids[token], column], four columns a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column_groups = (u.columns + 3u) / 4u;
  let place = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (place >= u.tokens * column_groups) { return; }
  let token = place / column_groups;
  let i = (place % column_groups) * 4u;
  y_row_set(token * u.columns, i, tables(token, i));
}

// y[token, column] = weight[ids[token], column].
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (i >= u.tokens * u.columns) { return; }
  y_set(i, weight(u32(ids(i / u.columns)) * u.columns + i % u.columns));
}

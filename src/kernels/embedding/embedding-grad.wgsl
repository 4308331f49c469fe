// dweight[id, column] = sum of dy over the positions of that id, in order. Rows of absent ids were cleared before.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (i >= u.groups * u.columns) { return; }
  let token_group = i / u.columns;
  let column = i % u.columns;
  var sum = 0.0;
  let end = u32(offsets(token_group + 1u));
  for (var at = u32(offsets(token_group)); at < end; at++) { sum += dy(u32(positions(at)) * u.columns + column); }
  dweight_set(u32(unique(token_group)) * u.columns + column, sum);
}

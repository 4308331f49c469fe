// scratch[1 + workgroup] = sum of squares of a part of the update, in a fixed tree.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let part = workgroup_index(group, groups);
  if (part >= u.parts) { return; }
  let end = min((part + 1u) * u.elements_a_part, u.size);
  var sum = 0.0;
  for (var i = part * u.elements_a_part + lane; i < end; i += WORKGROUP_SIZE) {
    let d = direction(i);
    sum += d * d;
  }
  let total = row_sum(sum, lane);
  if (lane == 0u) { scratch_set(1u + part, total); }
}

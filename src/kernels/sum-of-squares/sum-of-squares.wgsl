// partials[first + workgroup] = sum of squares of one block of x, in a fixed tree.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = workgroup_index(group, groups);
  if (block >= u.blocks) { return; }
  let end = u.begin + min((block + 1u) * BLOCK, u.size);
  var sum = 0.0;
  for (var i = u.begin + block * BLOCK + lane; i < end; i += WORKGROUP_SIZE) {
    let v = x(i);
    sum += v * v;
  }
  let total = row_sum(sum, lane);
  if (lane == 0u) { partials_set(u.first + block, total); }
}

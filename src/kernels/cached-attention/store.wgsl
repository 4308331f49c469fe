// Keys and values of the new tokens go to the cache after those that it holds; one element a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (i >= u.size) { return; }
  let token = i / u.width;
  cache_set(u32(cached(0u)) * u.width + i, qkv(token * (u.skipped + u.width) + u.skipped + i % u.width));
}

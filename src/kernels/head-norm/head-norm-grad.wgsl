// Some positions a workgroup, head after head: dx = rstd · (g - xhat · mean(g · xhat)) with g = (offset + weight) · dy. The
// sums of dy · xhat over these positions, for the weight of the queries and for that of the keys, go to `partials`; a
// second pass joins those of all workgroups.
var<workgroup> query_sums: array<vec4<f32>, COLUMN_GROUPS>;
var<workgroup> key_sums: array<vec4<f32>, COLUMN_GROUPS>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
    query_sums[c] = vec4<f32>(0.0);
    key_sums[c] = vec4<f32>(0.0);
  }
  let first = group.x * u.part_positions;
  let end = min(first + u.part_positions, u.positions);
  for (var position = first; position < end; position++) {
    for (var head = 0u; head < u.all_heads; head++) {
      let base = (position * u.all_heads + head) * u.head_size;
      if (head >= u.normed_heads) {
        for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) { dx_set4(base + c * 4u, dy4(base + c * 4u)); }
        continue;
      }
      let r = statistics(position * u.normed_heads + head);
      var sum = 0.0;
      for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
        let d = dy4(base + c * 4u);
        let xhat = qkv4(base + c * 4u) * r;
        sum += dot(weight_at(head, c * 4u) * d, xhat);
        if (head < u.heads) { query_sums[c] += d * xhat; } else { key_sums[c] += d * xhat; }
      }
      let mean = row_sum(sum, lane) / f32(u.head_size);
      for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
        let i = c * 4u;
        dx_set4(base + i, r * (weight_at(head, i) * dy4(base + i) - qkv4(base + i) * r * mean));
      }
    }
  }
  let at = group.x * 2u * u.head_size;
  for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
    partials_set4(at + c * 4u, query_sums[c]);
    partials_set4(at + u.head_size + c * 4u, key_sums[c]);
  }
}

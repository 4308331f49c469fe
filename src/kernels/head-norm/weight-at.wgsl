// Four factors of a head, from element i on: one weight serves all heads of queries, another all heads of keys.
fn weight_at(head: u32, i: u32) -> vec4<f32> {
  if (head < u.heads) { return query_weight4(i) + u.offset; }
  return key_weight4(i) + u.offset;
}

// One block of queries of a head a workgroup: the softmax is taken block of keys by block of keys, with the running
// maximum of each row. Kept for the backward pass: the log-sum-exp of each row.
var<workgroup> factor: array<f32, BLOCK>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let batch = group.z;
  let head = group.y;
  let query0 = group.x * BLOCK;
  let r = (lane / 8u) * 4u;
  let c = lane % 8u;
  let i0 = query0 + r;
  let q = vec4<u32>(
    query_at(batch, head, i0), query_at(batch, head, i0 + 1u), query_at(batch, head, i0 + 2u), query_at(batch, head, i0 + 3u));
  let row = lane / 2u;
  let side = (lane % 2u) * u.half_block;
  var top = LOWEST;
  var sum = 0.0;
  var out: array<vec4<f32>, 4u * GROUPS>;
  for (var key0 = 0u; key0 < u.length; key0 += BLOCK) {
    if (block_hidden(query0, BLOCK, key0, BLOCK)) { continue; }
    let j0 = key0 + c * 4u;
    let s = query_key(q, vec4<u32>(
      key_at(batch, head, j0), key_at(batch, head, j0 + 1u), key_at(batch, head, j0 + 2u), key_at(batch, head, j0 + 3u)));
    workgroupBarrier();
    put(r, c * 4u, s);
    workgroupBarrier();
    var high = top;
    for (var k = side; k < side + u.half_block; k++) {
      if (visible(batch, query0 + row, key0 + k)) { high = max(high, tile[row * STRIDE + k] * u.scale); }
    }
    partial[lane] = high;
    workgroupBarrier();
    high = max(high, partial[lane ^ 1u]);
    let shrink = exp(top - high);
    top = high;
    sum *= shrink;
    for (var k = side; k < side + u.half_block; k++) {
      var p = 0.0;
      if (visible(batch, query0 + row, key0 + k)) { p = exp(tile[row * STRIDE + k] * u.scale - high); }
      sum += p;
      tile[row * STRIDE + k] = p * kept(batch, head, query0 + row, key0 + k);
    }
    factor[row] = shrink;
    workgroupBarrier();
    for (var t = 0u; t < GROUPS; t++) {
      out[t] *= factor[r];
      out[GROUPS + t] *= factor[r + 1u];
      out[2u * GROUPS + t] *= factor[r + 2u];
      out[3u * GROUPS + t] *= factor[r + 3u];
    }
    let keys = min(BLOCK, u.length - key0);
    for (var j = 0u; j < keys; j++) {
      let v = value_at(batch, head, key0 + j);
      let at = r * STRIDE + j;
      for (var t = 0u; t < GROUPS; t++) {
        let d = (c + 8u * t) * 4u;
        if (d < u.head_size) {
          let value = qkv4(v + d);
          out[t] += tile[at] * value;
          out[GROUPS + t] += tile[at + STRIDE] * value;
          out[2u * GROUPS + t] += tile[at + 2u * STRIDE] * value;
          out[3u * GROUPS + t] += tile[at + 3u * STRIDE] * value;
        }
      }
    }
  }
  workgroupBarrier();
  partial[lane] = sum;
  workgroupBarrier();
  let total = sum + partial[lane ^ 1u];
  factor[row] = select(0.0, 1.0 / total, total > 0.0);
  if (side == 0u && query0 + row < u.length) {
    statistics_set(row_of(batch, head, query0 + row), select(LOWEST, top + log(total), total > 0.0));
  }
  workgroupBarrier();
  for (var a = 0u; a < 4u; a++) {
    if (i0 + a >= u.length) { continue; }
    for (var t = 0u; t < GROUPS; t++) {
      let d = (c + 8u * t) * 4u;
      if (d < u.head_size) { output_set4(output_at(batch, head, i0 + a) + d, out[a * GROUPS + t] * factor[r + a]); }
    }
  }
}

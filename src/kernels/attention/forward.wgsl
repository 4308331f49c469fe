// One block of queries of a head a workgroup: the softmax is taken block of keys by block of keys, with the running
// maximum of each row. Kept for the backward pass: the log-sum-exp of each row.
var<workgroup> partial: array<f32, 256>;

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
  var top = vec4<f32>(LOWEST);
  var sum = vec4<f32>(0.0);
  var out: array<vec4<f32>, 4u * GROUPS>;
  for (var key0 = 0u; key0 < u.length; key0 += BLOCK) {
    if (block_hidden(query0, key0)) { continue; }
    let j0 = key0 + c * 4u;
    var s = query_key(q, vec4<u32>(
      key_at(batch, head, j0), key_at(batch, head, j0 + 1u), key_at(batch, head, j0 + 2u), key_at(batch, head, j0 + 3u)));
    workgroupBarrier();
    for (var a = 0u; a < 4u; a++) {
      for (var b = 0u; b < 4u; b++) {
        s.rows[a][b] = select(LOWEST, s.rows[a][b] * u.scale, visible(batch, i0 + a, j0 + b));
      }
      partial[(r + a) * 8u + c] = max(max(s.rows[a].x, s.rows[a].y), max(s.rows[a].z, s.rows[a].w));
    }
    workgroupBarrier();
    for (var a = 0u; a < 4u; a++) {
      var high = top[a];
      for (var k = 0u; k < 8u; k++) { high = max(high, partial[(r + a) * 8u + k]); }
      let shrink = exp(top[a] - high);
      top[a] = high;
      sum[a] *= shrink;
      for (var t = 0u; t < GROUPS; t++) { out[a * GROUPS + t] *= shrink; }
      for (var b = 0u; b < 4u; b++) {
        var p = 0.0;
        if (s.rows[a][b] > LOWEST) { p = exp(s.rows[a][b] - high); }
        sum[a] += p;
        tile[(r + a) * STRIDE + c * 4u + b] = p * kept(batch, head, i0 + a, j0 + b);
      }
    }
    workgroupBarrier();
    for (var j = 0u; j < BLOCK; j++) {
      let v = value_at(batch, head, key0 + j);
      for (var t = 0u; t < GROUPS; t++) {
        let d = (c + 8u * t) * 4u;
        if (d < HEAD_SIZE) {
          let value = qkv4(v + d);
          for (var a = 0u; a < 4u; a++) { out[a * GROUPS + t] += tile[(r + a) * STRIDE + j] * value; }
        }
      }
    }
  }
  workgroupBarrier();
  for (var a = 0u; a < 4u; a++) { partial[(r + a) * 8u + c] = sum[a]; }
  workgroupBarrier();
  for (var a = 0u; a < 4u; a++) {
    var total = 0.0;
    for (var k = 0u; k < 8u; k++) { total += partial[(r + a) * 8u + k]; }
    if (i0 + a >= u.length) { continue; }
    let inverse = select(0.0, 1.0 / total, total > 0.0);
    for (var t = 0u; t < GROUPS; t++) {
      let d = (c + 8u * t) * 4u;
      if (d < HEAD_SIZE) { output_set4(output_at(batch, head, i0 + a) + d, out[a * GROUPS + t] * inverse); }
    }
    if (c == 0u) { statistics_set(row_of(batch, head, i0 + a), select(LOWEST, top[a] + log(total), total > 0.0)); }
  }
}

// One block of queries of a head a workgroup: the probabilities are made again from the log-sum-exp, and
// dQ = scale · (P ∘ (dO · Vᵀ - delta)) · K with delta = rowsum(dO ∘ O), which is kept for the keys' pass.
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
  let o = vec4<u32>(
    output_at(batch, head, i0), output_at(batch, head, i0 + 1u), output_at(batch, head, i0 + 2u), output_at(batch, head, i0 + 3u));
  for (var a = 0u; a < 4u; a++) {
    var d_sum = 0.0;
    for (var d = c * 4u; d < HEAD_SIZE; d += 32u) { d_sum += dot(doutput4(o[a] + d), output4(o[a] + d)); }
    partial[(r + a) * 8u + c] = d_sum;
  }
  workgroupBarrier();
  var delta = vec4<f32>(0.0);
  var lse = vec4<f32>(0.0);
  for (var a = 0u; a < 4u; a++) {
    for (var k = 0u; k < 8u; k++) { delta[a] += partial[(r + a) * 8u + k]; }
    if (i0 + a < u.length) {
      let row = row_of(batch, head, i0 + a);
      lse[a] = statistics(row);
      if (c == 0u) { statistics_set(u.rows + row, delta[a]); }
    }
  }
  var dq: array<vec4<f32>, 4u * GROUPS>;
  for (var key0 = 0u; key0 < u.length; key0 += BLOCK) {
    if (block_hidden(query0, key0)) { continue; }
    let j0 = key0 + c * 4u;
    let s = query_key(q, vec4<u32>(
      key_at(batch, head, j0), key_at(batch, head, j0 + 1u), key_at(batch, head, j0 + 2u), key_at(batch, head, j0 + 3u)));
    let dp = output_value(o, vec4<u32>(
      value_at(batch, head, j0), value_at(batch, head, j0 + 1u), value_at(batch, head, j0 + 2u), value_at(batch, head, j0 + 3u)));
    workgroupBarrier();
    for (var a = 0u; a < 4u; a++) {
      for (var b = 0u; b < 4u; b++) {
        var ds = 0.0;
        if (visible(batch, i0 + a, j0 + b)) {
          let p = exp(s.rows[a][b] * u.scale - lse[a]);
          ds = p * (dp.rows[a][b] * kept(batch, head, i0 + a, j0 + b) - delta[a]) * u.scale;
        }
        tile[(r + a) * STRIDE + c * 4u + b] = ds;
      }
    }
    workgroupBarrier();
    for (var j = 0u; j < BLOCK; j++) {
      let k = key_at(batch, head, key0 + j);
      for (var t = 0u; t < GROUPS; t++) {
        let d = (c + 8u * t) * 4u;
        if (d < HEAD_SIZE) {
          let value = qkv4(k + d);
          for (var a = 0u; a < 4u; a++) { dq[a * GROUPS + t] += tile[(r + a) * STRIDE + j] * value; }
        }
      }
    }
  }
  for (var a = 0u; a < 4u; a++) {
    if (i0 + a >= u.length) { continue; }
    for (var t = 0u; t < GROUPS; t++) {
      let d = (c + 8u * t) * 4u;
      if (d < HEAD_SIZE) { dqkv_set4(q[a] + d, dq[a * GROUPS + t]); }
    }
  }
}

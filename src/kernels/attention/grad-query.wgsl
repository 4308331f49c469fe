// One block of queries of a head a workgroup: the probabilities are made again from the log-sum-exp, and
// dQ = scale · (P ∘ (dO · Vᵀ - delta)) · K with delta = rowsum(dO ∘ O), which is kept for the keys' pass.
var<workgroup> dp_tile: array<f32, BLOCK * STRIDE>;

fn put_dp(row: u32, column: u32, v: vec4<f32>) {
  let at = row * STRIDE + column;
  dp_tile[at] = v.x; dp_tile[at + 1u] = v.y; dp_tile[at + 2u] = v.z; dp_tile[at + 3u] = v.w;
}

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
  let row = lane / 2u;
  let side = (lane % 2u) * u.half_block;
  let own = output_at(batch, head, query0 + row);
  let inside = query0 + row < u.length;
  var part = 0.0;
  for (var d = (lane % 2u) * 4u; d < u.head_size; d += 8u) { part += dot(doutput4(own + d), output4(own + d)); }
  partial[lane] = part;
  workgroupBarrier();
  let delta = part + partial[lane ^ 1u];
  let at_row = row_of(batch, head, min(query0 + row, u.length - 1u));
  let lse = statistics(at_row);
  if (inside && side == 0u) { statistics_set(u.rows + at_row, delta); }
  var dq: array<vec4<f32>, 4u * GROUPS>;
  for (var key0 = 0u; key0 < u.length; key0 += BLOCK) {
    if (block_hidden(query0, BLOCK, key0, BLOCK)) { continue; }
    let j0 = key0 + c * 4u;
    let s = query_key(q, vec4<u32>(
      key_at(batch, head, j0), key_at(batch, head, j0 + 1u), key_at(batch, head, j0 + 2u), key_at(batch, head, j0 + 3u)));
    let dp = output_value(o, vec4<u32>(
      value_at(batch, head, j0), value_at(batch, head, j0 + 1u), value_at(batch, head, j0 + 2u), value_at(batch, head, j0 + 3u)));
    workgroupBarrier();
    put(r, c * 4u, s);
    put_dp(r, c * 4u, dp.a);
    put_dp(r + 1u, c * 4u, dp.b);
    put_dp(r + 2u, c * 4u, dp.c);
    put_dp(r + 3u, c * 4u, dp.d);
    workgroupBarrier();
    for (var k = side; k < side + u.half_block; k++) {
      let at = row * STRIDE + k;
      var ds = 0.0;
      if (visible(batch, query0 + row, key0 + k)) {
        let p = exp(tile[at] * u.scale - lse);
        ds = p * (dp_tile[at] * kept(batch, head, query0 + row, key0 + k) - delta) * u.scale;
      }
      tile[at] = ds;
    }
    workgroupBarrier();
    let keys = min(BLOCK, u.length - key0);
    for (var j = 0u; j < keys; j++) {
      let k = key_at(batch, head, key0 + j);
      let at = r * STRIDE + j;
      for (var t = 0u; t < GROUPS; t++) {
        let d = (c + 8u * t) * 4u;
        if (d < u.head_size) {
          let value = qkv4(k + d);
          dq[t] += tile[at] * value;
          dq[GROUPS + t] += tile[at + STRIDE] * value;
          dq[2u * GROUPS + t] += tile[at + 2u * STRIDE] * value;
          dq[3u * GROUPS + t] += tile[at + 3u * STRIDE] * value;
        }
      }
    }
  }
  for (var a = 0u; a < 4u; a++) {
    if (i0 + a >= u.length) { continue; }
    for (var t = 0u; t < GROUPS; t++) {
      let d = (c + 8u * t) * 4u;
      if (d < u.head_size) { dqkv_set4(q[a] + d, dq[a * GROUPS + t]); }
    }
  }
}

// One block of keys of a key-value head a workgroup, over all query heads that share it:
// dV = (P ∘ kept)ᵀ · dO and dK = scale · (P ∘ (dO · Vᵀ ∘ kept - delta))ᵀ · Q.
var<workgroup> ds_tile: array<f32, BLOCK * STRIDE>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let batch = group.z;
  let key0 = group.x * BLOCK;
  let r = (lane / 8u) * 4u;
  let c = lane % 8u;
  let j0 = key0 + r;
  let first_head = group.y * u.group;
  let k = vec4<u32>(
    key_at(batch, first_head, j0), key_at(batch, first_head, j0 + 1u),
    key_at(batch, first_head, j0 + 2u), key_at(batch, first_head, j0 + 3u));
  let v = vec4<u32>(
    value_at(batch, first_head, j0), value_at(batch, first_head, j0 + 1u),
    value_at(batch, first_head, j0 + 2u), value_at(batch, first_head, j0 + 3u));
  var dk: array<vec4<f32>, 4u * GROUPS>;
  var dv: array<vec4<f32>, 4u * GROUPS>;
  for (var head = first_head; head < first_head + u.group; head++) {
    for (var query0 = 0u; query0 < u.length; query0 += BLOCK) {
      if (block_hidden(query0, key0)) { continue; }
      let i0 = query0 + c * 4u;
      let s = query_key(k, vec4<u32>(
        query_at(batch, head, i0), query_at(batch, head, i0 + 1u), query_at(batch, head, i0 + 2u), query_at(batch, head, i0 + 3u)));
      let dp = value_output(v, vec4<u32>(
        output_at(batch, head, i0), output_at(batch, head, i0 + 1u), output_at(batch, head, i0 + 2u), output_at(batch, head, i0 + 3u)));
      workgroupBarrier();
      for (var b = 0u; b < 4u; b++) {
        let i = i0 + b;
        let row = row_of(batch, head, min(i, u.length - 1u));
        let lse = statistics(row);
        let delta = statistics(u.rows + row);
        for (var a = 0u; a < 4u; a++) {
          var p = 0.0;
          var ds = 0.0;
          if (visible(batch, i, j0 + a)) {
            let keep = kept(batch, head, i, j0 + a);
            p = exp(s.rows[a][b] * u.scale - lse);
            ds = p * (dp.rows[a][b] * keep - delta) * u.scale;
            p *= keep;
          }
          tile[(r + a) * STRIDE + c * 4u + b] = p;
          ds_tile[(r + a) * STRIDE + c * 4u + b] = ds;
        }
      }
      workgroupBarrier();
      for (var i = 0u; i < BLOCK; i++) {
        let o = output_at(batch, head, query0 + i);
        let q = query_at(batch, head, query0 + i);
        for (var t = 0u; t < GROUPS; t++) {
          let d = (c + 8u * t) * 4u;
          if (d < HEAD_SIZE) {
            let dout = doutput4(o + d);
            let query = qkv4(q + d);
            for (var a = 0u; a < 4u; a++) {
              dv[a * GROUPS + t] += tile[(r + a) * STRIDE + i] * dout;
              dk[a * GROUPS + t] += ds_tile[(r + a) * STRIDE + i] * query;
            }
          }
        }
      }
    }
  }
  for (var a = 0u; a < 4u; a++) {
    if (j0 + a >= u.length) { continue; }
    for (var t = 0u; t < GROUPS; t++) {
      let d = (c + 8u * t) * 4u;
      if (d < HEAD_SIZE) {
        dqkv_set4(k[a] + d, dk[a * GROUPS + t]);
        dqkv_set4(v[a] + d, dv[a * GROUPS + t]);
      }
    }
  }
}

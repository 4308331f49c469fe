// One block of keys of a key-value head a workgroup, over all query heads that share it:
// dV = (P ∘ kept)ᵀ · dO and dK = scale · (P ∘ (dO · Vᵀ ∘ kept - delta))ᵀ · Q. Rows of the tiles are keys.
var<workgroup> ds_tile: array<f32, BLOCK * STRIDE>;

fn put_ds(row: u32, column: u32, v: vec4<f32>) {
  let at = row * STRIDE + column;
  ds_tile[at] = v.x; ds_tile[at + 1u] = v.y; ds_tile[at + 2u] = v.z; ds_tile[at + 3u] = v.w;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let batch = group.z;
  let key0 = group.x * BLOCK;
  let r = (lane / 8u) * 4u;
  let c = lane % 8u;
  let j0 = key0 + r;
  let row = lane / 2u;
  let side = (lane % 2u) * u.half_block;
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
      if (block_hidden(query0, BLOCK, key0, BLOCK)) { continue; }
      let i0 = query0 + c * 4u;
      let s = query_key(k, vec4<u32>(
        query_at(batch, head, i0), query_at(batch, head, i0 + 1u), query_at(batch, head, i0 + 2u), query_at(batch, head, i0 + 3u)));
      let dp = value_output(v, vec4<u32>(
        output_at(batch, head, i0), output_at(batch, head, i0 + 1u), output_at(batch, head, i0 + 2u), output_at(batch, head, i0 + 3u)));
      workgroupBarrier();
      put(r, c * 4u, s);
      put_ds(r, c * 4u, dp.a);
      put_ds(r + 1u, c * 4u, dp.b);
      put_ds(r + 2u, c * 4u, dp.c);
      put_ds(r + 3u, c * 4u, dp.d);
      workgroupBarrier();
      for (var i = side; i < side + u.half_block; i++) {
        let at = row * STRIDE + i;
        var p = 0.0;
        var ds = 0.0;
        if (visible(batch, query0 + i, key0 + row)) {
          let at_row = row_of(batch, head, query0 + i);
          let keep = kept(batch, head, query0 + i, key0 + row);
          p = exp(tile[at] * u.scale - statistics(at_row));
          ds = p * (ds_tile[at] * keep - statistics(u.rows + at_row)) * u.scale;
          p *= keep;
        }
        tile[at] = p;
        ds_tile[at] = ds;
      }
      workgroupBarrier();
      let queries = min(BLOCK, u.length - query0);
      for (var i = 0u; i < queries; i++) {
        let o = output_at(batch, head, query0 + i);
        let q = query_at(batch, head, query0 + i);
        let at = r * STRIDE + i;
        for (var t = 0u; t < GROUPS; t++) {
          let d = (c + 8u * t) * 4u;
          if (d < u.head_size) {
            let dout = doutput4(o + d);
            let query = qkv4(q + d);
            for (var a = 0u; a < 4u; a++) {
              dv[a * GROUPS + t] += tile[at + a * STRIDE] * dout;
              dk[a * GROUPS + t] += ds_tile[at + a * STRIDE] * query;
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
      if (d < u.head_size) {
        dqkv_set4(k[a] + d, dk[a * GROUPS + t]);
        dqkv_set4(v[a] + d, dv[a * GROUPS + t]);
      }
    }
  }
}

// One AdamW update in place with moments in 8 bits, a block of 256 elements a workgroup. Two codes an element lie in
// `codes`, the first moment's below; two scales a block in `scales`. A step whose gradients overflowed changes nothing.
const BLOCK = 256u;

struct Moments { m: vec4<f32>, v: vec4<f32> }

fn codes_of(i: u32) -> vec4<u32> {
  let low = u32(codes(i >> 1u));
  let high = u32(codes((i >> 1u) + 1u));
  return vec4<u32>(low & 0xffffu, low >> 16u, high & 0xffffu, high >> 16u);
}

// The new moments of four elements from place i of the parameter on; zero beyond its end.
fn moments(i: u32, block: u32) -> Moments {
  let g = grad4(u.first + i) * state(7u);
  let packed = codes_of(i);
  var found = Moments(vec4<f32>(0.0), vec4<f32>(0.0));
  for (var k = 0u; k < 4u; k++) {
    if (i + k < u.size) {
      let m = decode(packed[k] & 0xffu, 127, 128u) * scales(2u * block);
      let v = decode(packed[k] >> 8u, -1, 256u) * scales(2u * block + 1u);
      found.m[k] = u.beta1 * m + u.rest1 * g[k];
      found.v[k] = u.beta2 * v + u.rest2 * g[k] * g[k];
    }
  }
  return found;
}

fn scaled(value: f32, scale: f32) -> f32 { return select(value / scale, 0.0, scale == 0.0); }

fn packed_code(found: Moments, k: u32, m_scale: f32, v_scale: f32) -> u32 {
  return encode(scaled(found.m[k], m_scale), 127, 128u) | (encode(scaled(found.v[k], v_scale), -1, 256u) << 8u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = workgroup_index(group, groups);
  if (block * BLOCK >= u.size || state(5u) != 0.0) { return; }
  var largest = vec2<f32>(0.0);
  for (var at = lane * 4u; at < BLOCK; at += WORKGROUP_SIZE * 4u) {
    let found = moments(block * BLOCK + at, block);
    for (var k = 0u; k < 4u; k++) { largest = max(largest, vec2<f32>(abs(found.m[k]), found.v[k])); }
  }
  let m_scale = row_max(largest.x, lane);
  let v_scale = row_max(largest.y, lane);
  for (var at = lane * 4u; at < BLOCK; at += WORKGROUP_SIZE * 4u) {
    let i = block * BLOCK + at;
    if (i < u.size) {
      let found = moments(i, block);
      let denominator = sqrt(found.v) / sqrt(state(2u)) + u.eps;
      let p = p4(u.first + i);
      let p1 = p * (1.0 - lr(0u) * u.weight_decay) - (lr(0u) / state(1u)) * (found.m / denominator);
      p_set4(u.first + i, p1);
      half_set4(u.first + i, p1);
      let low = packed_code(found, 0u, m_scale, v_scale) | (packed_code(found, 1u, m_scale, v_scale) << 16u);
      let high = packed_code(found, 2u, m_scale, v_scale) | (packed_code(found, 3u, m_scale, v_scale) << 16u);
      codes_set(i >> 1u, i32(low));
      codes_set((i >> 1u) + 1u, i32(high));
    }
  }
  // Every lane has read the old scales.
  workgroupBarrier();
  storageBarrier();
  if (lane == 0u) {
    scales_set(2u * block, m_scale);
    scales_set(2u * block + 1u, v_scale);
  }
}

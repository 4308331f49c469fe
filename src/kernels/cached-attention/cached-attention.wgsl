// One query of one head a workgroup of 64: keys in chunks of 64, the softmax chunk by chunk with a running maximum.
const CHUNK: u32 = 64u;
const LOWEST: f32 = -3.0e38;

var<workgroup> scores: array<f32, CHUNK>;
var<workgroup> reduced: array<f32, CHUNK>;

fn largest(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  reduced[lane] = value;
  workgroupBarrier();
  for (var half = CHUNK / 2u; half > 0u; half = half / 2u) {
    if (lane < half) { reduced[lane] = max(reduced[lane], reduced[lane + half]); }
    workgroupBarrier();
  }
  return reduced[0];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let token = group.x;
  let head = group.y;
  let width = 2u * u.kv_heads * u.head_size;
  let position = u32(cached(0u)) + token;
  let query = token * (u.heads * u.head_size + width) + head * u.head_size;
  let own = (head / u.group) * u.head_size;
  var first = 0u;
  if (u.window > 0u && position + 1u > u.window) { first = position + 1u - u.window; }
  var top = LOWEST;
  var sum = 0.0;
  var out: array<f32, COLUMNS>;
  for (var base = first; base <= position; base += CHUNK) {
    let j = base + lane;
    var score = LOWEST;
    if (j <= position) {
      score = 0.0;
      for (var d = 0u; d < u.head_size; d++) { score += qkv(query + d) * cache(j * width + own + d); }
      score *= u.scale;
    }
    let high = max(top, largest(score, lane));
    let p = select(0.0, exp(score - high), j <= position);
    scores[lane] = p;
    workgroupBarrier();
    let shrink = exp(top - high);
    top = high;
    sum *= shrink;
    let keys = min(CHUNK, position + 1u - base);
    for (var c = 0u; c < COLUMNS; c++) { out[c] *= shrink; }
    for (var k = 0u; k < keys; k++) {
      sum += scores[k];
      let value = (base + k) * width + u.kv_heads * u.head_size + own;
      for (var c = 0u; c < COLUMNS; c++) {
        let d = lane + c * 64u;
        if (d < u.head_size) { out[c] += scores[k] * cache(value + d); }
      }
    }
    workgroupBarrier();
  }
  for (var c = 0u; c < COLUMNS; c++) {
    let d = lane + c * 64u;
    if (d < u.head_size) { output_set((token * u.heads + head) * u.head_size + d, out[c] / sum); }
  }
}

// WGSL to walk rows four neighbours at a time, whether or not their length is a multiple of four.

/**
 * For each of `reads` a function `NAME_row(begin, i)`: the four values of the row from element i on, zero beyond its end;
 * for each of `writes` a `NAME_row_set(begin, i, v)`. `inside(i)` is one for values within the row. Rows have
 * `u.columns` elements.
 * @param vector whether rows and their begins are multiples of four.
 */
export function rowAccess(reads: readonly string[], writes: readonly string[], vector: boolean): string {
  const lines = reads.map((name) => read(name, vector));
  for (const name of writes) lines.push(write(name, vector));
  lines.push(
    vector
      ? 'fn inside(i: u32) -> vec4<f32> { return vec4<f32>(1.0); }'
      : 'fn inside(i: u32) -> vec4<f32> { return select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(i, i + 1u, i + 2u, i + 3u) < vec4<u32>(u.columns)); }',
  );
  return lines.join('\n');
}

function read(name: string, vector: boolean): string {
  if (vector) return `fn ${name}_row(begin: u32, i: u32) -> vec4<f32> { return ${name}4(begin + i); }`;
  const at = (k: number): string => `${name}(begin + min(i + ${k}u, u.columns - 1u))`;
  return `fn ${name}_row(begin: u32, i: u32) -> vec4<f32> { return vec4<f32>(${[0, 1, 2, 3].map(at).join(', ')}) * inside(i); }`;
}

function write(name: string, vector: boolean): string {
  const head = `fn ${name}_row_set(begin: u32, i: u32, v: vec4<f32>)`;
  if (vector) return `${head} { ${name}_set4(begin + i, v); }`;
  const one = (k: number): string => `if (i + ${k}u < u.columns) { ${name}_set(begin + i + ${k}u, v[${k}]); }`;
  return `${head} { ${[0, 1, 2, 3].map(one).join(' ')} }`;
}

// Our own compute kernels: a WGSL body plus a declaration of its buffers, uniforms and constants.
// The preamble (bindings, accessors for each storage, constants) is generated, and the cache key with it, so a key can
// not miss a parameter. Bodies read `x(i)` or `x4(i)` and write `y_set(i, v)` or `y_set4(i, v)` whatever the storage.

import type { TensorInfo } from '@tensorflow/tfjs';
import { storageOf, type TensorStorage } from './tensor-storage.ts';
import type { AtelierBackend } from './webgpu-backend.ts';

/** Scalars that vary with shapes but not between steps of a shape: what changes each step lives in a tensor. */
export type UniformType = 'u32' | 'f32';

export interface KernelSpec {
  readonly name: string;
  /** WGSL: functions and `main`; bindings, constants and `u` (the uniforms) come from the preamble. */
  readonly source: string;
  readonly inputs: readonly string[];
  /** Written, and readable: an update in place names its tensor here alone. */
  readonly outputs: readonly string[];
  readonly uniforms: Readonly<Record<string, UniformType>>;
  /** The source uses subgroup operations. Default false. */
  readonly subgroups?: boolean;
}

/** A switch or size fixed at compile time: a pipeline each. */
export type KernelConstant = boolean | number;

export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly constants?: Readonly<Record<string, KernelConstant>>;
  /** Threads of a workgroup; `WORKGROUP_SIZE` in the source. Default 64. */
  readonly workgroupSize?: number;
  /** Workgroups along x, y, z; see `linearGrid`. */
  readonly grid: readonly [number, number, number];
  /** Floating-point operations, for the profiler. Default 0: not counted. */
  readonly flops?: number;
}

export interface Kernel {
  readonly name: string;
  run(backend: AtelierBackend, call: KernelCall): void;
}

const MAX_GRID = 65_535;
const DEFAULT_WORKGROUP = 64;

/** A grid for `count` workgroups in a row, folded into y where x alone is too long; the body asks `workgroup_index`. */
export function linearGrid(count: number): [number, number, number] {
  if (count <= MAX_GRID) return [count, 1, 1];
  const rows = Math.ceil(count / MAX_GRID);
  return [Math.ceil(count / rows), rows, 1];
}

export function defineKernel(spec: KernelSpec): Kernel {
  const pipelines = new WeakMap<AtelierBackend, Map<string, GPUComputePipeline>>();
  const uniforms = new WeakMap<AtelierBackend, UniformCache>();
  return {
    name: spec.name,
    run(backend, call) {
      const bound = [...pick(spec.inputs, call.inputs, spec.name), ...pick(spec.outputs, call.outputs, spec.name)];
      const code = preamble(spec, call, bound, backend.shaderF16);
      const cache = getOrMake(pipelines, backend, () => new Map<string, GPUComputePipeline>());
      const pipeline = getOrMakeEntry(cache, code, () => compile(backend, spec, code));
      const tensors = bound.map((tensor) => backend.bindingOf(tensor));
      const entries: GPUBufferBinding[] = [...tensors];
      if (writesF16(spec, call)) entries.push(backend.bindingOf(backend.overflowTensor));
      if (Object.keys(spec.uniforms).length > 0) {
        const cached = getOrMake(uniforms, backend, () => new UniformCache(backend.device, spec));
        entries.push({ buffer: cached.get(call.uniforms) });
      }
      const bindGroup = backend.device.createBindGroup({
        label: spec.name,
        layout: pipeline.getBindGroupLayout(0),
        entries: entries.map((resource, binding) => ({ binding, resource })),
      });
      const bytes = tensors.reduce((sum, { size }) => sum + size, 0);
      const { grid, flops = 0 } = call;
      backend.recordDispatch({ name: spec.name, pipeline, bindGroup, grid, bytes, flops });
    },
  };
}

function pick(names: readonly string[], tensors: Readonly<Record<string, TensorInfo>>, kernel: string): TensorInfo[] {
  return names.map((name) => {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`kernel ${kernel}: no tensor given for ${name}`);
    return tensor;
  });
}

function getOrMake<K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function getOrMakeEntry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function compile(backend: AtelierBackend, spec: KernelSpec, head: string): GPUComputePipeline {
  const { device } = backend;
  const code = `${head}\n${spec.source}`;
  return backend.errors.guard(device, spec.name, () => {
    const module = device.createShaderModule({ label: spec.name, code });
    const result = device.createComputePipeline({
      label: spec.name,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    return { result, module, code };
  });
}

const writesF16 = (spec: KernelSpec, call: KernelCall): boolean =>
  spec.outputs.some((name) => storageOf(call.outputs[name]!) === 'f16');

/** Everything before the body. It depends on exactly what makes two pipelines differ, so it is the cache key too. */
function preamble(spec: KernelSpec, call: KernelCall, bound: readonly TensorInfo[], shaderF16: boolean): string {
  const names = [...spec.inputs, ...spec.outputs];
  const usesF16 = shaderF16 && bound.some((tensor) => storageOf(tensor) === 'f16');
  const lines = [...(usesF16 ? ['enable f16;'] : []), ...(spec.subgroups ? ['enable subgroups;'] : [])];
  lines.push(`const WORKGROUP_SIZE: u32 = ${call.workgroupSize ?? DEFAULT_WORKGROUP}u;`);
  for (const [name, value] of Object.entries(call.constants ?? {})) lines.push(constantLine(name, value));
  names.forEach((name, binding) => {
    const writable = binding >= spec.inputs.length;
    const layout = layoutOf(bound[binding]!, shaderF16, spec.source.includes(`${name}_set(`));
    lines.push(...accessors(name, binding, layout, writable));
  });
  let binding = names.length;
  if (writesF16(spec, call)) lines.push(...overflowGuard(binding++));
  lines.push(...uniformStruct(spec.uniforms, binding));
  lines.push('fn workgroup_index(id: vec3<u32>, count: vec3<u32>) -> u32 { return id.y * count.x + id.x; }');
  return lines.join('\n');
}

function constantLine(name: string, value: KernelConstant): string {
  return typeof value === 'boolean' ? `const ${name}: bool = ${value};` : `const ${name}: u32 = ${value}u;`;
}

function uniformStruct(uniforms: Readonly<Record<string, UniformType>>, binding: number): string[] {
  const fields = Object.entries(uniforms);
  if (fields.length === 0) return [];
  const members = fields.map(([name, type]) => `${name}: ${type},`).join(' ');
  return [`struct Uniforms { ${members} }`, `@group(0) @binding(${binding}) var<uniform> u: Uniforms;`];
}

type Layout = 'i32' | 'f32' | 'f32x4' | 'f16' | 'packed-f16' | 'bf16';

function layoutOf(tensor: TensorInfo, shaderF16: boolean, writtenOneByOne: boolean): Layout {
  const storage: TensorStorage = storageOf(tensor);
  if (storage === 'f16') return shaderF16 ? 'f16' : 'packed-f16';
  if (storage !== 'f32') return storage;
  // WGSL lets a write to one component touch the whole vector: neighbours written by other threads would race.
  if (writtenOneByOne) return 'f32';
  // A buffer of whole groups of four can be read a vector at a time.
  return tensor.shape.reduce((size, n) => size * n, 1) % 4 === 0 ? 'f32x4' : 'f32';
}

const ELEMENT: Record<Layout, string> = {
  i32: 'i32',
  f32: 'f32',
  f32x4: 'vec4<f32>',
  f16: 'vec4<f16>',
  'packed-f16': 'vec2<u32>',
  bf16: 'vec2<u32>',
};

/** `NAME(i)` one element, `NAME4(i)` four from element i (a multiple of four), and the setters of a writable one. */
function accessors(name: string, binding: number, layout: Layout, writable: boolean): string[] {
  const access = writable ? 'read_write' : 'read';
  const lines = [
    `@group(0) @binding(${binding}) var<storage, ${access}> ${name}_data: array<${ELEMENT[layout]}>;`,
    ...getters(name, layout),
  ];
  return writable ? [...lines, ...setters(name, layout)] : lines;
}

function getters(name: string, layout: Layout): string[] {
  const d = `${name}_data`;
  switch (layout) {
    case 'i32':
      return [`fn ${name}(i: u32) -> i32 { return ${d}[i]; }`];
    case 'f32':
      return [
        `fn ${name}(i: u32) -> f32 { return ${d}[i]; }`,
        `fn ${name}4(i: u32) -> vec4<f32> { return vec4<f32>(${d}[i], ${d}[i + 1u], ${d}[i + 2u], ${d}[i + 3u]); }`,
      ];
    case 'f32x4':
      return [
        `fn ${name}(i: u32) -> f32 { return ${d}[i >> 2u][i & 3u]; }`,
        `fn ${name}4(i: u32) -> vec4<f32> { return ${d}[i >> 2u]; }`,
      ];
    case 'f16':
      return [
        `fn ${name}4(i: u32) -> vec4<f32> { return vec4<f32>(${d}[i >> 2u]); }`,
        `fn ${name}(i: u32) -> f32 { return ${name}4(i)[i & 3u]; }`,
      ];
    case 'packed-f16':
      return [
        `fn ${name}4(i: u32) -> vec4<f32> { let w = ${d}[i >> 2u]; return vec4<f32>(unpack2x16float(w.x), unpack2x16float(w.y)); }`,
        `fn ${name}(i: u32) -> f32 { return ${name}4(i)[i & 3u]; }`,
      ];
    case 'bf16':
      return [
        `fn ${name}4(i: u32) -> vec4<f32> { let w = ${d}[i >> 2u]; return bitcast<vec4<f32>>(vec4<u32>(w.x << 16u, w.x & 0xffff0000u, w.y << 16u, w.y & 0xffff0000u)); }`,
        `fn ${name}(i: u32) -> f32 { return ${name}4(i)[i & 3u]; }`,
      ];
    default:
      return layout satisfies never;
  }
}

/** Halves have `_set4` alone: one thread owns all values of a word. */
function setters(name: string, layout: Layout): string[] {
  const d = `${name}_data`;
  switch (layout) {
    case 'i32':
      return [`fn ${name}_set(i: u32, v: i32) { ${d}[i] = v; }`];
    case 'f32':
      return [
        `fn ${name}_set(i: u32, v: f32) { ${d}[i] = v; }`,
        `fn ${name}_set4(i: u32, v: vec4<f32>) { ${d}[i] = v.x; ${d}[i + 1u] = v.y; ${d}[i + 2u] = v.z; ${d}[i + 3u] = v.w; }`,
      ];
    case 'f32x4':
      return [
        `fn ${name}_set(i: u32, v: f32) { ${d}[i >> 2u][i & 3u] = v; }`,
        `fn ${name}_set4(i: u32, v: vec4<f32>) { ${d}[i >> 2u] = v; }`,
      ];
    case 'f16':
      return [`fn ${name}_set4(i: u32, v: vec4<f32>) { ${d}[i >> 2u] = vec4<f16>(fit_f16(v)); }`];
    case 'packed-f16':
      return [
        `fn ${name}_set4(i: u32, v: vec4<f32>) { let f = fit_f16(v); ${d}[i >> 2u] = vec2<u32>(pack2x16float(f.xy), pack2x16float(f.zw)); }`,
      ];
    case 'bf16':
      // Round to nearest even on the bits; a half-way case goes to the even neighbour.
      return [
        `fn ${name}_round(v: vec4<f32>) -> vec4<u32> { let b = bitcast<vec4<u32>>(v); return (b + 0x7fffu + ((b >> vec4<u32>(16u)) & vec4<u32>(1u))) >> vec4<u32>(16u); }`,
        `fn ${name}_set4(i: u32, v: vec4<f32>) { let r = ${name}_round(v); ${d}[i >> 2u] = vec2<u32>(r.x | (r.y << 16u), r.z | (r.w << 16u)); }`,
      ];
    default:
      return layout satisfies never;
  }
}

/** WGSL leaves the conversion of what does not fit f16 undefined: look at the bits first, flag, and clamp. */
function overflowGuard(binding: number): string[] {
  return [
    `@group(0) @binding(${binding}) var<storage, read_write> overflow_flag: array<atomic<u32>>;`,
    'fn fit_f16(v: vec4<f32>) -> vec4<f32> {',
    '  let magnitude = bitcast<vec4<u32>>(v) & vec4<u32>(0x7fffffffu);',
    '  let bad = magnitude > vec4<u32>(0x477fe000u);', // 65504.0f; also true of infinity and NaN
    '  if (any(bad)) { atomicOr(&overflow_flag[0], 1u); }',
    '  let sign = bitcast<vec4<u32>>(v) & vec4<u32>(0x80000000u);',
    '  return bitcast<vec4<f32>>(select(bitcast<vec4<u32>>(v), sign | vec4<u32>(0x477fe000u), bad));',
    '}',
  ];
}

/** Uniform buffers by content. Shapes repeat every step, so after the first step nothing is written. */
class UniformCache {
  readonly #buffers = new Map<string, GPUBuffer>();
  readonly #fields: [name: string, type: UniformType][];
  readonly #device: GPUDevice;

  constructor(device: GPUDevice, spec: KernelSpec) {
    this.#device = device;
    this.#fields = Object.entries(spec.uniforms);
  }

  get(values: Readonly<Record<string, number>>): GPUBuffer {
    const numbers = this.#fields.map(([name]) => {
      const value = values[name];
      if (value === undefined) throw new Error(`uniform ${name} is not given`);
      return value;
    });
    return getOrMakeEntry(this.#buffers, numbers.join(), () => this.#create(numbers));
  }

  #create(numbers: readonly number[]): GPUBuffer {
    const bytes = new ArrayBuffer(Math.ceil((numbers.length * 4) / 16) * 16);
    const view = new DataView(bytes);
    numbers.forEach((value, i) => {
      if (this.#fields[i]![1] === 'u32') view.setUint32(i * 4, value, true);
      else view.setFloat32(i * 4, value, true);
    });
    const buffer = this.#device.createBuffer({ size: bytes.byteLength, usage: 0x40 | 0x8 }); // UNIFORM | COPY_DST
    this.#device.queue.writeBuffer(buffer, 0, bytes);
    return buffer;
  }
}

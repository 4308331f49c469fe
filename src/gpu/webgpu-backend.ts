// tfjs's WebGPU backend with what training needs: half-precision storage and views into larger buffers, which stock
// operations meet as ordinary tensors; read-back that never answers from a stale CPU copy; errors that surface; a pool
// of our own; and a door for our kernels, whose commands can be recorded and replayed.

import type { DataId, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { bfloat16ToFloat32, halfToFloat32 } from '#util/half.ts';
import { BufferPool } from './buffer-pool.ts';
import { GpuErrors } from './gpu-errors.ts';
import { DEFAULT_TILES, type MatmulTiles } from './matmul-tiles.ts';
import type { Profiler } from './profiler.ts';
import type { Dispatch, Recording } from './recording.ts';
import {
  type HalfStorage,
  halfBytes,
  isHalf,
  isView,
  markHalf,
  markView,
  storageOf,
  storedBytes,
  viewOffset,
} from './tensor-storage.ts';

/** The members of tfjs's backend that are private in TypeScript alone (4.22.0, frozen upstream). */
interface BackendInternals {
  bufferManager: unknown;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<DataId>;
  dispatchCountInPass: number;
  convertAndCacheOnCPU(dataId: DataId, data: tf.BackendValues): tf.BackendValues;
  releaseResource(dataId: DataId): void;
}

type RunProgram = WebGPUBackend['runWebGPUProgram'];
type Widen = (backend: AtelierBackend, half: TensorInfo) => TensorInfo;

const BUFFER_USAGE = 0x80 | 0x4 | 0x8; // STORAGE | COPY_SRC | COPY_DST

export class AtelierBackend extends WebGPUBackend {
  readonly errors: GpuErrors;
  readonly pool: BufferPool;
  readonly info: GPUAdapterInfo;
  /** Native half arithmetic in shaders; without it halves are unpacked, from the same buffers. */
  readonly shaderF16: boolean;
  /** A software emulation of a GPU: some kernels have a form for it. */
  readonly software: boolean;
  /** Lanes of a subgroup, where they are always as many; else null. */
  readonly subgroupSize: number | null;
  /** Lanes of a workgroup that reduces one row. An emulated GPU pays for each barrier and lane: it gets one vector. */
  readonly rowLanes: number;
  /** Dispatches sent so far, replayed ones included. */
  dispatches = 0;
  /** What matrix products are cut into; any choice gives the same bits. */
  matmulTiles: MatmulTiles = DEFAULT_TILES;
  /** Times each dispatch while it is set. */
  profiler: Profiler | null = null;
  readonly #onRelease = new WeakMap<DataId, () => void>();
  #recording: Recording | null = null;
  #widen: Widen | null = null;
  #overflow: TensorInfo | null = null;

  constructor(device: GPUDevice, info: GPUAdapterInfo, software: boolean) {
    super(device, info);
    this.info = info;
    this.errors = new GpuErrors(device);
    this.pool = new BufferPool(device);
    this.#internals.bufferManager = this.pool;
    this.shaderF16 = device.features.has('shader-f16');
    this.software = software;
    const { subgroupMinSize, subgroupMaxSize } = info;
    const fixed = device.features.has('subgroups') && subgroupMinSize === subgroupMaxSize;
    this.subgroupSize = fixed ? subgroupMaxSize : null;
    this.rowLanes = software ? 4 : 64;
    // tfjs keeps what it reads for the life of the tensor; an in-place update would then be read stale.
    this.#internals.convertAndCacheOnCPU = (_dataId, data) => data;
    const release = this.#internals.releaseResource.bind(this);
    this.#internals.releaseResource = (dataId) => {
      release(dataId);
      this.#onRelease.get(dataId)?.();
    };
  }

  get #internals(): BackendInternals {
    return this as unknown as BackendInternals;
  }

  /** Set once by the storage kernel, which this class can not import without a cycle. */
  widenWith(widen: Widen): void {
    this.#widen = widen;
  }

  /** int32 [4] whose first word kernels raise when a value does not fit f16; shared by all kernels of this device. */
  get overflowTensor(): TensorInfo {
    this.#overflow ??= this.makeView([4], 'i32', this.createBuffer(16), 0);
    return this.#overflow;
  }

  /** A buffer outside the pool, for what lives as long as a run: zero bytes at first. */
  createBuffer(size: number): GPUBuffer {
    this.pool.numBytesAllocated += size;
    this.pool.numBytesUsed += size;
    this.pool.peakBytes = Math.max(this.pool.peakBytes, this.pool.numBytesAllocated);
    return this.device.createBuffer({ size, usage: BUFFER_USAGE });
  }

  /** Gives a buffer of `createBuffer` back, after every command recorded so far. */
  destroyBuffer(buffer: GPUBuffer): void {
    this.flush();
    this.pool.numBytesAllocated -= buffer.size;
    this.pool.numBytesUsed -= buffer.size;
    buffer.destroy();
  }

  /** A tensor of logical dtype float32 (int32 for `i32`) that lies in `buffer` from byte `offset` on. */
  makeView(
    shape: readonly number[],
    storage: HalfStorage | 'f32' | 'i32',
    buffer: GPUBuffer,
    offset: number,
    onRelease: () => void = () => undefined,
  ): TensorInfo {
    const info = this.makeTensorInfo([...shape], storage === 'i32' ? 'int32' : 'float32');
    const data = this.tensorMap.get(info.dataId);
    data.resource = buffer;
    data.external = true;
    markView(info.dataId, offset);
    this.#onRelease.set(info.dataId, onRelease);
    if (storage === 'f16' || storage === 'bf16') markHalf(info.dataId, storage);
    return info;
  }

  /** A tensor of logical dtype float32 whose buffer holds halves. Contents are undefined. */
  makeHalf(shape: readonly number[], storage: HalfStorage): TensorInfo {
    const info = this.makeTensorInfo([...shape], 'float32');
    const data = this.tensorMap.get(info.dataId);
    data.resource = this.pool.acquireBuffer(halfBytes(tf.util.sizeFromShape([...shape])), BUFFER_USAGE);
    markHalf(info.dataId, storage);
    return info;
  }

  /** A tensor with storage as asked, ready to be written by a kernel. */
  makeOutput(shape: readonly number[], storage: HalfStorage | 'f32' | 'i32'): TensorInfo {
    if (storage === 'f16' || storage === 'bf16') return this.makeHalf(shape, storage);
    const info = this.makeTensorInfo([...shape], storage === 'i32' ? 'int32' : 'float32');
    this.uploadToGPU(info.dataId);
    return info;
  }

  bufferOf(tensor: TensorInfo): GPUBuffer {
    this.uploadToGPU(tensor.dataId);
    return this.tensorMap.get(tensor.dataId).resource as GPUBuffer;
  }

  /** The bytes of a tensor, to be bound or copied. */
  bindingOf(tensor: TensorInfo): { buffer: GPUBuffer; offset: number; size: number } {
    return { buffer: this.bufferOf(tensor), offset: viewOffset(tensor), size: Math.max(4, storedBytes(tensor)) };
  }

  override uploadToGPU(dataId: DataId): void {
    const data = this.tensorMap.get(dataId);
    if (data.values && !data.resource) this.#recording?.refuse('it takes values from the CPU other than its feeds');
    super.uploadToGPU(dataId);
  }

  /** Runs a step of a `StepCache`: its buffers come from the part of the pool that such steps share. */
  runStep(step: () => void): void {
    this.pool.recording = true;
    try {
      step();
    } finally {
      this.pool.recording = false;
    }
  }

  /** Runs a step whose commands go to `recording` as well as to the device. */
  record(recording: Recording, step: () => void): void {
    this.#recording = recording;
    try {
      this.runStep(step);
    } finally {
      this.#recording = null;
    }
  }

  /** Sends one dispatch in tfjs's own command stream, so that order holds. */
  recordDispatch(dispatch: Dispatch): void {
    const internals = this.#internals;
    if (this.profiler) this.beginPass(this.profiler.timestampsFor(dispatch));
    this.ensureCommandEncoderReady();
    internals.computePassEncoder ??= internals.commandEncoder!.beginComputePass();
    const pass = internals.computePassEncoder;
    pass.setPipeline(dispatch.pipeline);
    pass.setBindGroup(0, dispatch.bindGroup);
    pass.dispatchWorkgroups(...dispatch.grid);
    this.dispatches++;
    this.#recording?.dispatch(dispatch);
    internals.dispatchCountInPass++;
    if (this.profiler) this.endComputePassEncoder();
    if (internals.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
      this.endComputePassEncoder();
      this.submitQueue();
    }
  }

  /** What is dispatched next is in a pass of its own, up to the next flush or copy. */
  beginPass(timestampWrites: GPUComputePassTimestampWrites): void {
    this.endComputePassEncoder();
    this.ensureCommandEncoderReady();
    this.#internals.computePassEncoder = this.#internals.commandEncoder!.beginComputePass({ timestampWrites });
  }

  /** Sends everything recorded so far to the device. */
  flush(): void {
    this.endComputePassEncoder();
    if (this.#internals.commandEncoder) this.submitQueue();
  }

  /** Fills a tensor's bytes with zero, in command order. */
  clear(tensor: TensorInfo): void {
    const { buffer, offset, size } = this.bindingOf(tensor);
    this.#encoder().clearBuffer(buffer, offset, size);
    this.#recording?.clear(buffer, offset, size);
  }

  /** Copies a tensor's bytes [begin, begin + length) into another buffer, in command order. */
  copyOut(tensor: TensorInfo, begin: number, length: number, target: GPUBuffer, targetBegin = 0): void {
    const { buffer, offset } = this.bindingOf(tensor);
    this.#encoder().copyBufferToBuffer(buffer, offset + begin, target, targetBegin, length);
    this.#recording?.copy(buffer, offset + begin, target, targetBegin, length);
  }

  /** Replaces the first values of a tensor, after all commands so far. */
  writeValues(tensor: TensorInfo, values: Float32Array | Int32Array, byteOffset = 0): void {
    this.flush();
    const { buffer, offset } = this.bindingOf(tensor);
    // Values are never shared memory: the cast only narrows the type of their buffer.
    this.queue.writeBuffer(buffer, offset + byteOffset, values as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>);
  }

  #encoder(): GPUCommandEncoder {
    this.endComputePassEncoder();
    this.ensureCommandEncoderReady();
    return this.#internals.commandEncoder!;
  }

  override runWebGPUProgram(...[program, inputs, dtype, uniforms, output]: Parameters<RunProgram>): TensorInfo {
    this.#recording?.refuse('it uses an operation of tfjs itself');
    const plain = inputs.map((input) => this.#plain(input));
    if (this.profiler) this.#timeProgram(this.profiler, program, plain);
    const result = super.runWebGPUProgram(program, plain, dtype, uniforms, output);
    this.dispatches++;
    if (this.profiler) this.endComputePassEncoder();
    plain.forEach((input, i) => {
      if (input !== inputs[i]) this.disposeData(input.dataId);
    });
    return result;
  }

  #timeProgram(profiler: Profiler, { shaderKey }: Parameters<RunProgram>[0], inputs: readonly TensorInfo[]): void {
    // An upload would end the pass.
    for (const { dataId } of inputs) this.uploadToGPU(dataId);
    const bytes = inputs.reduce((sum, input) => sum + storedBytes(input), 0);
    this.beginPass(profiler.timestampsFor({ name: `tfjs ${shaderKey.split('_')[0]}`, bytes, flops: 0 }));
  }

  /** What a stock program can bind: a buffer of its own, of full-precision values. */
  #plain(tensor: TensorInfo): TensorInfo {
    if (isHalf(tensor)) {
      if (!this.#widen) throw new Error('a half tensor exists before its widening kernel is registered');
      return this.#widen(this, tensor);
    }
    if (!isView(tensor)) return tensor;
    const copy = this.makeTensorInfo(tensor.shape, tensor.dtype);
    this.copyOut(tensor, 0, storedBytes(tensor), this.bufferOf(copy));
    return copy;
  }

  override async read(dataId: DataId): Promise<tf.BackendValues> {
    const data = this.tensorMap.get(dataId) as { shape: number[]; dtype: tf.DataType; values: unknown };
    const tensor: TensorInfo = { dataId, shape: data.shape, dtype: data.dtype };
    if (data.values || data.dtype === 'complex64' || data.dtype === 'string') return super.read(dataId);
    const bytes = await this.readBytes(tensor);
    await this.errors.settle();
    const storage = storageOf(tensor);
    if (storage === 'i32')
      return data.dtype === 'bool' ? Uint8Array.from(new Int32Array(bytes)) : new Int32Array(bytes);
    if (storage === 'f32') return new Float32Array(bytes);
    const bits = new Uint16Array(bytes, 0, tf.util.sizeFromShape(data.shape));
    return storage === 'f16' ? halfToFloat32(bits) : bfloat16ToFloat32(bits);
  }

  /** The tensor's bytes after all commands so far. */
  async readBytes(tensor: TensorInfo): Promise<ArrayBuffer> {
    const size = storedBytes(tensor);
    if (size === 0) return new ArrayBuffer(0);
    const staging = this.device.createBuffer({ size, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
    try {
      this.copyOut(tensor, 0, size, staging);
      this.flush();
      await staging.mapAsync(0x1);
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }
}

export function isAtelierBackend(backend: unknown): backend is AtelierBackend {
  return backend instanceof AtelierBackend;
}

/** The active backend if it is ours, else null (tfjs's CPU or WebGL). */
export function activeWebGpu(): AtelierBackend | null {
  const backend = tf.engine().backend;
  return isAtelierBackend(backend) ? backend : null;
}

// tfjs's WebGPU backend with what training needs: half-precision storage that stock operations widen on sight,
// read-back that never answers from a stale CPU copy, errors that surface, and a door for our own kernels.

import type { DataId, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { bfloat16ToFloat32, halfToFloat32 } from '#util/half.ts';
import { GpuErrors } from './gpu-errors.ts';
import { type HalfStorage, halfBytes, isHalf, markHalf, storageOf } from './tensor-storage.ts';

/** The members of tfjs's backend that are private in TypeScript alone (4.22.0, frozen upstream). */
interface BackendInternals {
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<DataId>;
  dispatchCountInPass: number;
  convertAndCacheOnCPU(dataId: DataId, data: tf.BackendValues): tf.BackendValues;
}

type RunProgram = WebGPUBackend['runWebGPUProgram'];
type Widen = (backend: AtelierBackend, half: TensorInfo) => TensorInfo;

const BUFFER_USAGE = 0x80 | 0x4 | 0x8; // STORAGE | COPY_SRC | COPY_DST

export class AtelierBackend extends WebGPUBackend {
  readonly errors: GpuErrors;
  /** Native half arithmetic in shaders; without it halves are unpacked, from the same buffers. */
  readonly shaderF16: boolean;
  /** Lanes of a workgroup that reduces one row. An emulated GPU pays for each barrier and lane: it gets one vector. */
  readonly rowLanes: number;
  #widen: Widen | null = null;
  #overflow: TensorInfo | null = null;

  constructor(device: GPUDevice, info: GPUAdapterInfo, software: boolean) {
    super(device, info);
    this.errors = new GpuErrors(device);
    this.shaderF16 = device.features.has('shader-f16');
    this.rowLanes = software ? 4 : 64;
    // tfjs keeps what it reads for the life of the tensor; an in-place update would then be read stale.
    this.#internals.convertAndCacheOnCPU = (_dataId, data) => data;
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
    this.#overflow ??= this.makeTensorInfo([4], 'int32', new Int32Array(4));
    return this.#overflow;
  }

  /** Fills a tensor's buffer with zero bits, in command order. */
  clear(tensor: TensorInfo): void {
    const buffer = this.bufferOf(tensor);
    this.endComputePassEncoder();
    this.ensureCommandEncoderReady();
    this.#internals.commandEncoder!.clearBuffer(buffer);
    this.#internals.commandQueueOwnedIds.add(tensor.dataId);
  }

  /** A tensor of logical dtype float32 whose buffer holds halves. Contents are undefined. */
  makeHalf(shape: readonly number[], storage: HalfStorage): TensorInfo {
    const info = this.makeTensorInfo([...shape], 'float32');
    const data = this.tensorMap.get(info.dataId);
    data.resource = this.bufferManager.acquireBuffer(halfBytes(tf.util.sizeFromShape([...shape])), BUFFER_USAGE);
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

  /** Records one dispatch into tfjs's own command stream, so that order and buffer lifetimes hold. */
  recordDispatch(
    pipeline: GPUComputePipeline,
    bindGroup: GPUBindGroup,
    grid: readonly [number, number, number],
    tensors: readonly TensorInfo[],
  ): void {
    const internals = this.#internals;
    this.ensureCommandEncoderReady();
    internals.computePassEncoder ??= internals.commandEncoder!.beginComputePass();
    const pass = internals.computePassEncoder;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...grid);
    for (const { dataId } of tensors) internals.commandQueueOwnedIds.add(dataId);
    internals.dispatchCountInPass++;
    if (internals.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
      this.endComputePassEncoder();
      this.submitQueue();
    }
  }

  /** Sends everything recorded so far to the device. */
  flush(): void {
    this.endComputePassEncoder();
    if (this.#internals.commandEncoder) this.submitQueue();
  }

  /** Copies a tensor's bytes [begin, begin + length) into another buffer, in command order. */
  copyOut(tensor: TensorInfo, begin: number, length: number, target: GPUBuffer, targetBegin = 0): void {
    const source = this.bufferOf(tensor);
    this.endComputePassEncoder();
    this.ensureCommandEncoderReady();
    this.#internals.commandEncoder!.copyBufferToBuffer(source, begin, target, targetBegin, length);
    this.#internals.commandQueueOwnedIds.add(tensor.dataId);
  }

  override runWebGPUProgram(...[program, inputs, dtype, uniforms, output]: Parameters<RunProgram>): TensorInfo {
    const widened = inputs.map((input) => (isHalf(input) ? this.#widened(input) : input));
    const result = super.runWebGPUProgram(program, widened, dtype, uniforms, output);
    widened.forEach((input, i) => {
      if (input !== inputs[i]) this.disposeData(input.dataId);
    });
    return result;
  }

  #widened(half: TensorInfo): TensorInfo {
    if (!this.#widen) throw new Error('a half tensor exists before its widening kernel is registered');
    return this.#widen(this, half);
  }

  async #readHalves(
    data: { readonly shape: number[]; readonly resource?: unknown },
    storage: HalfStorage,
  ): Promise<Float32Array> {
    const bytes = await this.getBufferData(data.resource as GPUBuffer);
    const bits = new Uint16Array(bytes, 0, tf.util.sizeFromShape(data.shape));
    return storage === 'f16' ? halfToFloat32(bits) : bfloat16ToFloat32(bits);
  }

  override async read(dataId: DataId): Promise<tf.BackendValues> {
    const data = this.tensorMap.get(dataId);
    const storage = storageOf({ dataId, dtype: data.dtype });
    const values =
      storage === 'f16' || storage === 'bf16' ? await this.#readHalves(data, storage) : await super.read(dataId);
    await this.errors.settle();
    return values;
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

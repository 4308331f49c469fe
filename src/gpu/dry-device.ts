// A device that does nothing: commands are dropped and buffers have a size but no memory. What is run on it allocates
// what it would allocate on the GPU, and so tells beforehand how much that is.

class DryBuffer {
  readonly size: number;
  readonly usage: number;
  mapState: GPUBufferMapState;
  label = '';

  constructor({ size, usage, mappedAtCreation = false }: GPUBufferDescriptor) {
    this.size = size;
    this.usage = usage;
    this.mapState = mappedAtCreation ? 'mapped' : 'unmapped';
  }

  /** Everyone writes to the same memory, which nobody reads. */
  getMappedRange(): ArrayBuffer {
    if (scratch.byteLength < this.size) scratch = new ArrayBuffer(this.size);
    return scratch;
  }

  unmap(): void {
    this.mapState = 'unmapped';
  }

  destroy(): void {
    this.mapState = 'unmapped';
  }
}

let scratch = new ArrayBuffer(0);

const nothing = (): void => undefined;
const PIPELINE = { getBindGroupLayout: () => ({}) };
const PASS = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
const ENCODER = {
  beginComputePass: () => PASS,
  clearBuffer: nothing,
  copyBufferToBuffer: nothing,
  finish: () => ({}),
};

/** @param real whose features and limits it has. It can not be read from. */
export function dryDevice({ features, limits }: GPUDevice): GPUDevice {
  // tfjs gives back what it knows as a buffer.
  Object.setPrototypeOf(DryBuffer.prototype, GPUBuffer.prototype);
  const device = {
    features,
    limits,
    queue: { writeBuffer: nothing, submit: nothing, onSubmittedWorkDone: () => Promise.resolve() },
    lost: new Promise(nothing),
    addEventListener: nothing,
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    createBuffer: (descriptor: GPUBufferDescriptor) => new DryBuffer(descriptor),
    createShaderModule: () => ({}),
    createComputePipeline: () => PIPELINE,
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createBindGroup: () => ({}),
    createCommandEncoder: () => ENCODER,
  };
  return device as unknown as GPUDevice;
}

// The commands of one step as the device got them, to be sent again without tape, tensors or bind groups made anew.
// Everything a command binds must outlive the recording: pooled buffers come from the pool's recorded part.

import type { KernelWork, Profiler } from './profiler.ts';

/** A dispatch as it is sent to the device. */
export interface Dispatch extends KernelWork {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

type Command =
  | ({ readonly kind: 'dispatch' } & Dispatch)
  | { readonly kind: 'clear'; readonly buffer: GPUBuffer; readonly offset: number; readonly size: number }
  | {
      readonly kind: 'copy';
      readonly source: GPUBuffer;
      readonly sourceOffset: number;
      readonly target: GPUBuffer;
      readonly targetOffset: number;
      readonly size: number;
    };

export class Recording {
  readonly #commands: Command[] = [];
  #refusal: string | null = null;

  /** Why the step can not be replayed; null when it can. */
  get refusal(): string | null {
    return this.#refusal;
  }

  get dispatchCount(): number {
    return this.#commands.filter(({ kind }) => kind === 'dispatch').length;
  }

  refuse(reason: string): void {
    this.#refusal ??= reason;
  }

  dispatch(dispatch: Dispatch): void {
    this.#commands.push({ kind: 'dispatch', ...dispatch });
  }

  clear(buffer: GPUBuffer, offset: number, size: number): void {
    this.#commands.push({ kind: 'clear', buffer, offset, size });
  }

  copy(source: GPUBuffer, sourceOffset: number, target: GPUBuffer, targetOffset: number, size: number): void {
    this.#commands.push({ kind: 'copy', source, sourceOffset, target, targetOffset, size });
  }

  /**
   * Sends the commands, in `submits` pieces: a watchdog stops a submit that takes too long.
   * @param profiler times each dispatch.
   * @returns the dispatches sent.
   */
  replay(device: GPUDevice, submits: number, profiler: Profiler | null): number {
    const piece = Math.ceil(this.#commands.length / submits);
    let dispatches = 0;
    for (let begin = 0; begin < this.#commands.length; begin += piece) {
      const encoder = device.createCommandEncoder();
      dispatches += encode(encoder, this.#commands, begin, Math.min(begin + piece, this.#commands.length), profiler);
      device.queue.submit([encoder.finish()]);
    }
    return dispatches;
  }
}

function encodeTransfer(encoder: GPUCommandEncoder, command: Exclude<Command, { kind: 'dispatch' }>): void {
  if (command.kind === 'clear') {
    encoder.clearBuffer(command.buffer, command.offset, command.size);
    return;
  }
  const { source, sourceOffset, target, targetOffset, size } = command;
  encoder.copyBufferToBuffer(source, sourceOffset, target, targetOffset, size);
}

function encode(
  encoder: GPUCommandEncoder,
  commands: readonly Command[],
  begin: number,
  end: number,
  profiler: Profiler | null,
): number {
  let pass: GPUComputePassEncoder | null = null;
  let dispatches = 0;
  const endPass = (): void => {
    pass?.end();
    pass = null;
  };
  for (let i = begin; i < end; i++) {
    const command = commands[i]!;
    if (command.kind !== 'dispatch') {
      endPass();
      encodeTransfer(encoder, command);
      continue;
    }
    pass ??= encoder.beginComputePass(profiler ? { timestampWrites: profiler.timestampsFor(command) } : undefined);
    pass.setPipeline(command.pipeline);
    pass.setBindGroup(0, command.bindGroup);
    pass.dispatchWorkgroups(command.grid[0], command.grid[1], command.grid[2]);
    dispatches++;
    if (profiler) endPass();
  }
  endPass();
  return dispatches;
}

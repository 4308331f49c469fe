// The commands of one step as the device got them, to be sent again without tape, tensors or bind groups made anew.
// Everything a command binds must outlive the recording: pooled buffers come from the pool's recorded part.

/** A dispatch as it is sent to the device. */
export interface Dispatch {
  readonly name: string;
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

  /** Names of the kernels in order, for the profiler and for comparison. */
  get kernelNames(): string[] {
    return this.#commands.flatMap((command) => (command.kind === 'dispatch' ? [command.name] : []));
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

  /** Each dispatch in a pass of its own; queries 2i and 2i + 1 are the times before and after dispatch i. */
  encodeTimed(encoder: GPUCommandEncoder, querySet: GPUQuerySet): void {
    let query = 0;
    for (const command of this.#commands) {
      if (command.kind !== 'dispatch') {
        encodeTransfer(encoder, command);
        continue;
      }
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: query, endOfPassWriteIndex: query + 1 },
      });
      pass.setPipeline(command.pipeline);
      pass.setBindGroup(0, command.bindGroup);
      pass.dispatchWorkgroups(...command.grid);
      pass.end();
      query += 2;
    }
  }

  /**
   * Sends the commands, in `submits` pieces: a watchdog stops a submit that takes too long.
   * @returns the dispatches sent.
   */
  replay(device: GPUDevice, submits: number): number {
    const piece = Math.ceil(this.#commands.length / submits);
    let dispatches = 0;
    for (let begin = 0; begin < this.#commands.length; begin += piece) {
      const encoder = device.createCommandEncoder();
      dispatches += encode(encoder, this.#commands, begin, Math.min(begin + piece, this.#commands.length));
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

function encode(encoder: GPUCommandEncoder, commands: readonly Command[], begin: number, end: number): number {
  let pass: GPUComputePassEncoder | null = null;
  let dispatches = 0;
  for (let i = begin; i < end; i++) {
    const command = commands[i]!;
    if (command.kind === 'dispatch') {
      pass ??= encoder.beginComputePass();
      pass.setPipeline(command.pipeline);
      pass.setBindGroup(0, command.bindGroup);
      pass.dispatchWorkgroups(command.grid[0], command.grid[1], command.grid[2]);
      dispatches++;
      continue;
    }
    pass?.end();
    pass = null;
    encodeTransfer(encoder, command);
  }
  pass?.end();
  return dispatches;
}

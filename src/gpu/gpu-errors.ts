// Collects what WebGPU reports asynchronously (shader and validation errors, out of memory, device loss), so that the
// next read-back throws it. Without this a broken shader is dropped silently and stale memory is read.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export class GpuErrors {
  #first: StudioError | null = null;
  /** The first broken shader: its consequences are often reported before it, and say less. */
  #brokenShader: StudioError | null = null;
  readonly #pending = new Set<Promise<void>>();

  constructor(device: GPUDevice) {
    device.addEventListener('uncapturederror', (event) => this.report(fromGpuError(event.error)));
    void device.lost.then((info) => {
      if (info.reason !== 'destroyed') this.report(lostError(info.message));
    });
  }

  report(error: StudioError): void {
    this.#first ??= error;
  }

  /** Runs `create` in error scopes; a failure carries the shader's name and the compiler's own lines. */
  guard<T>(device: GPUDevice, name: string, create: () => { result: T; module: GPUShaderModule; code: string }): T {
    device.pushErrorScope('validation');
    const { result, module, code } = create();
    const scope = device.popErrorScope();
    this.#track(
      scope.then(async (error) => {
        if (error) this.#brokenShader ??= await shaderError(name, error, module, code);
      }),
    );
    return result;
  }

  /** Waits for all checks under way, then throws the first failure, once and again until the device is replaced. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    this.throwIfAny();
  }

  throwIfAny(): void {
    const error = this.#brokenShader ?? this.#first;
    if (error) throw error;
  }

  /** Memory that ran out is there again: what failed for want of it does not count any more. */
  forgetMemory(): void {
    if (this.#first?.code === 'E-GPU-MEMORY') this.#first = null;
  }

  #track(check: Promise<void>): void {
    this.#pending.add(check);
    void check.finally(() => this.#pending.delete(check));
  }
}

async function shaderError(name: string, error: GPUError, module: GPUShaderModule, code: string): Promise<StudioError> {
  const { messages } = await module.getCompilationInfo();
  const lines = code.split('\n');
  const listed = messages
    .filter((message) => message.type === 'error')
    .map(
      (message) => msg`line ${message.lineNum}: ${message.message}\n    ${lines[message.lineNum - 1]?.trim() ?? ''}`,
    );
  const text = listed.length > 0 ? listed.join('\n') : error.message;
  return new StudioError('E-GPU-SHADER', msg`The kernel "${name}" is not accepted by this device:\n${text}`, {
    where: name,
    hint: msg`This is a fault in Atelier or in the browser. Report it with the device shown under Device.`,
    safe: msg`Nothing that was saved is touched.`,
  });
}

function fromGpuError(error: GPUError): StudioError {
  if (error.constructor.name === 'GPUOutOfMemoryError') {
    return new StudioError('E-GPU-MEMORY', msg`The GPU ran out of memory: ${error.message}`, {
      hint: msg`Reload the page, then use a smaller batch with more gradient accumulation, or a smaller max_length.`,
      safe: msg`Checkpoints written so far are kept.`,
    });
  }
  return new StudioError('E-GPU-SHADER', msg`The GPU refused a command: ${error.message}`, {
    hint: msg`Reload the page and resume from the latest checkpoint. If it happens again, report it with these words.`,
    safe: msg`Checkpoints written so far are kept.`,
  });
}

function lostError(message: string): StudioError {
  return new StudioError('E-GPU-LOST', msg`The browser took the GPU back${message ? `: ${message}` : '.'}`, {
    hint: msg`Reload the page and resume from the latest checkpoint.`,
    safe: msg`Checkpoints written so far are kept.`,
  });
}

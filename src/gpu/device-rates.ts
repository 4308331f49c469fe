// What a device can do at best, measured by two small kernels of its own: bytes copied and multiply-adds made a second.
// What other kernels reach is told as a share of it.

import { defineKernel } from './define-kernel.ts';
import copyBody from './measure-copy.wgsl?raw';
import multiplyAddBody from './measure-multiply-add.wgsl?raw';
import { timeCommands } from './time-commands.ts';
import type { AtelierBackend } from './webgpu-backend.ts';

export interface DeviceRates {
  /** Read and written bytes together. */
  readonly bytesPerSecond: number;
  /** In f32, two operations for a multiply-add. */
  readonly flopsPerSecond: number;
}

const copyKernel = defineKernel({
  name: 'measure-copy',
  source: copyBody,
  inputs: ['x'],
  outputs: ['y'],
  uniforms: { fours: 'u32' },
});
const multiplyAddKernel = defineKernel({
  name: 'measure-multiply-add',
  source: multiplyAddBody,
  inputs: [],
  outputs: ['y'],
  uniforms: { rounds: 'u32', factor: 'f32', addend: 'f32' },
});

/** 32 MiB: more than most caches hold. */
const ELEMENTS = 2 ** 23;
const THREADS = 2 ** 16;
/** Four times three chains of four multiply-adds. */
const FLOPS_OF_A_ROUND = THREADS * 4 * 3 * 4 * 2;
/** Browsers round times to a tenth of a millisecond. */
const ENOUGH_MS = 5;

const known = new WeakMap<AtelierBackend, Promise<DeviceRates>>();

/** Measured at the first call, which takes some hundredths of a second and 64 MiB for the time being. */
export function deviceRates(backend: AtelierBackend): Promise<DeviceRates> {
  let rates = known.get(backend);
  if (!rates) {
    rates = measure(backend);
    known.set(backend, rates);
  }
  return rates;
}

async function measure(backend: AtelierBackend): Promise<DeviceRates> {
  const { peakBytes } = backend.pool;
  const bytesPerSecond = await withBuffers(backend, [ELEMENTS, ELEMENTS], (x, y) =>
    rateOf(backend, 8 * ELEMENTS, 32, (repeats) => {
      for (let i = 0; i < repeats; i++) {
        copyKernel.run(backend, {
          inputs: { x },
          outputs: { y },
          uniforms: { fours: ELEMENTS / 4 },
          grid: [ELEMENTS / 4 / 64 / 16, 16, 1],
        });
      }
    }),
  );
  const flopsPerSecond = await withBuffers(backend, [THREADS, 1], (y) =>
    rateOf(backend, 16 * FLOPS_OF_A_ROUND, 2 ** 16, (repeats) =>
      multiplyAddKernel.run(backend, {
        inputs: {},
        outputs: { y },
        uniforms: { rounds: 16 * repeats, factor: 0.999, addend: 0.001 },
        grid: [THREADS / 64, 1, 1],
      }),
    ),
  );
  // What was needed for this is no part of what a run needs.
  backend.pool.peakBytes = peakBytes;
  return { bytesPerSecond, flopsPerSecond };
}

type View = ReturnType<AtelierBackend['makeView']>;

/** Buffers outside the pool, so that nothing of them stays. */
async function withBuffers<T>(
  backend: AtelierBackend,
  [first, second]: readonly [number, number],
  use: (x: View, y: View) => Promise<T>,
): Promise<T> {
  const make = (size: number): View => {
    const buffer = backend.createBuffer(4 * size);
    return backend.makeView([size], 'f32', buffer, 0, () => backend.destroyBuffer(buffer));
  };
  const [x, y] = [make(first), make(second)];
  try {
    return await use(x, y);
  } finally {
    backend.disposeData(x.dataId);
    backend.disposeData(y.dataId);
  }
}

/** Per second, of what one repeat does; repeats double until they take long enough to be measured. */
async function rateOf(
  backend: AtelierBackend,
  amount: number,
  most: number,
  run: (repeats: number) => void,
): Promise<number> {
  // The first run compiles, and touches the memory.
  await timeCommands(backend, () => run(1));
  for (let repeats = 1; ; repeats *= 2) {
    const ms = await timeCommands(backend, () => run(repeats));
    if (ms >= ENOUGH_MS || 2 * repeats > most) return (1000 * amount * repeats) / ms;
  }
}

// What training rests on: reads that are never stale, kernels keyed by their constants, no leaks, equal bits, halves
// that follow full precision, and the same numbers without WebGPU.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defineKernel } from '#gpu/define-kernel.ts';
import { memoryUse, trimPool } from '#gpu/memory.ts';
import { readTensor, snapshot, streamTensor } from '#gpu/read-back.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { AdamW } from '#optim/adamw.ts';
import { makeParamGroups } from '#optim/optimizer.ts';
import { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { RunId } from '#protocol/ids.ts';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import type { UpdateRecord } from '#trainer/telemetry.ts';
import { Trainer } from '#trainer/trainer.ts';
import { RunProfiler } from '#worker/run-profiler.ts';
import { startEngine } from '../setup/dawn.ts';
import { argumentsOf } from '../setup/linear-regression.ts';
import { parameterOf } from '../setup/optimizer-golden.ts';
import { expectClose, values } from '../setup/tensors.ts';
import { tinyBert, tokenRows } from '../setup/tiny-bert.ts';

let backend: AtelierBackend;

beforeAll(async () => {
  backend = (await startEngine()).webgpu!;
});
beforeEach(() => tf.setBackend('atelier'));

const RUN = 'run' as RunId;
const NO_DROPOUT = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };

interface BertRun {
  readonly records: UpdateRecord[];
  readonly evalLoss: number;
  readonly weights: Float32Array[];
  readonly tensors: readonly number[];
  readonly skipped: number;
}

/** Trains the tiny BERT; the losses of its updates, its weights, and the tensors alive after each step. */
async function trainBert(
  given: Record<string, unknown> = {},
  config: Record<string, unknown> = {},
  afterStep: (step: number) => void = () => undefined,
  profiler = new RunProfiler(),
): Promise<BertRun> {
  const model = await tinyBert(config);
  const records: UpdateRecord[] = [];
  const tensors: number[] = [];
  const trainer = new Trainer({
    model,
    args: argumentsOf({
      max_steps: 20,
      learning_rate: 2e-3,
      warmup_steps: 2,
      per_device_train_batch_size: 8,
      ...given,
    }),
    trainDataset: tokenRows(40),
    checkpointStore: new MemoryCheckpointStore(() => 0),
    runId: RUN,
    callbacks: [{ name: 'Steps', onStepEnd: ({ state }) => afterStep(state.globalStep) }, profiler.callback],
    hooks: {
      onUpdate: (record) => void records.push(record),
      betweenSteps: async () => void tensors.push(memoryUse().tensors),
    },
  });
  await trainer.train();
  const evalLoss = (await trainer.evaluate(tokenRows(16)))['eval_loss'] as number;
  const weights = await Promise.all(
    [...model.namedParameters().values()].map(async ({ variable }) => (await readTensor(variable)) as Float32Array),
  );
  trainer.dispose();
  model.dispose();
  return { records, evalLoss, weights, tensors, skipped: trainer.state.skippedSteps };
}

const lossesOf = ({ records }: BertRun): number[] =>
  records.map(({ losses }) => losses.reduce((sum, loss) => sum + loss, 0));

describe('read-back', () => {
  it('sees each update in place', async () => {
    const parameters = new Map([['w', parameterOf([1, 2, 3])]]);
    const { variable } = parameters.get('w')!;
    const optimizer = new AdamW(makeParamGroups(parameters, 0), { betas: [0.9, 0.999], eps: 0 });
    const update = new OptimizerUpdate(optimizer, { maxGradNorm: 0, lossScaling: false });
    // With a gradient of constant sign AdamW moves by the learning rate exactly.
    for (let step = 1; step <= 3; step++) {
      update.step(new Map([['w', tf.tensor1d([1, -1, 1])]]), 0.5);
      const moved = 0.5 * step;
      expectClose(
        await readTensor(variable),
        [1 - moved, 2 + moved, 3 - moved],
        { absolute: 1e-5, relative: 0 },
        `step ${step}`,
      );
    }
  });

  it('sees a kernel write into a tensor that was read before', async () => {
    const source =
      '@compute @workgroup_size(WORKGROUP_SIZE)\nfn main(@builtin(local_invocation_index) i: u32) { if (i < u.size) { y_set(i, y(i) + 1.0); } }';
    const increment = defineKernel({
      name: 'increment',
      source,
      inputs: [],
      outputs: ['y'],
      uniforms: { size: 'u32' },
    });
    const y = tf.tensor1d([0, 10, 20, 30, 40]);
    for (let i = 1; i <= 3; i++) {
      increment.run(backend, { inputs: {}, outputs: { y }, uniforms: { size: 5 }, grid: [1, 1, 1] });
      expect([...(await readTensor(y))]).toEqual([i, 10 + i, 20 + i, 30 + i, 40 + i]);
    }
  });
});

describe('snapshot and stream', () => {
  it('gives the bytes of the moment it was taken, in pieces, whatever happens next', async () => {
    const variable = tf.variable(tf.tensor1d(values(5001, 4)), false);
    const copy = snapshot(variable);
    variable.assign(tf.zeros([5001]));
    const pieces: Uint8Array[] = [];
    for await (const piece of streamTensor(copy, 4096)) pieces.push(piece);
    expect(pieces.map(({ length }) => length)).toEqual([4096, 4096, 4096, 4096, 3620]);
    expect(new Float32Array(await new Blob(pieces as BlobPart[]).arrayBuffer())).toEqual(values(5001, 4));
    expect((await readTensor(variable)).every((value) => value === 0)).toBe(true);
    tf.dispose([copy, variable]);
  });

  it('trimPool destroys a large idle pool, leaves a small one, and never touches live tensors', async () => {
    const kept = tf.add(tf.tensor1d(values(3000, 5)), 0);
    /** Bytes that trimming frees after a tensor of so many elements came and went. */
    const freedAfter = async (size: number): Promise<number> => {
      tf.dispose(tf.tidy(() => tf.mul(tf.fill([size], 2), 3)));
      await readTensor(kept);
      const before = memoryUse();
      trimPool();
      const after = memoryUse();
      expect(after.liveBytes).toBe(before.liveBytes);
      return before.allocatedBytes - after.allocatedBytes;
    };
    expect(await freedAfter(100_000)).toBe(0);
    expect(await freedAfter(18_000_000)).toBeGreaterThanOrEqual(72_000_000);
    expect(await readTensor(kept)).toEqual(values(3000, 5));
    kept.dispose();
  });
});

describe('defineKernel', () => {
  it('makes a pipeline for each set of constants', async () => {
    const source =
      '@compute @workgroup_size(WORKGROUP_SIZE)\nfn main(@builtin(local_invocation_index) i: u32) { if (i < 4u) { y_set(i, select(1.0, -1.0, NEGATIVE) * f32(FACTOR) * x(i)); } }';
    const kernel = defineKernel({ name: 'with-constants', source, inputs: ['x'], outputs: ['y'], uniforms: {} });
    const run = async (constants: Record<string, number | boolean>, workgroupSize?: number) => {
      const y = backend.makeOutput([4], 'f32');
      kernel.run(backend, {
        inputs: { x: tf.tensor1d([1, 2, 3, 4]) },
        outputs: { y },
        uniforms: {},
        constants,
        grid: [1, 1, 1],
        ...(workgroupSize ? { workgroupSize } : {}),
      });
      return [...(await readTensor(tf.engine().makeTensorFromTensorInfo(y)))];
    };
    expect(await run({ FACTOR: 2, NEGATIVE: false })).toEqual([2, 4, 6, 8]);
    expect(await run({ FACTOR: 3, NEGATIVE: false })).toEqual([3, 6, 9, 12]);
    expect(await run({ FACTOR: 3, NEGATIVE: true })).toEqual([-3, -6, -9, -12]);
    expect(await run({ FACTOR: 2, NEGATIVE: false }, 2)).toEqual(
      [2, 4, 0, 0].map((v, i) => (i < 2 ? v : expect.any(Number))),
    );
    expect(await run({ FACTOR: 2, NEGATIVE: false })).toEqual([2, 4, 6, 8]);
  });
});

describe('training a tiny BERT', () => {
  it('learns, and holds no more tensors after 20 steps than after 5', async () => {
    const run = await trainBert();
    const losses = lossesOf(run);
    expect(losses).toHaveLength(20);
    expect(losses.slice(-4).reduce((sum, loss) => sum + loss, 0)).toBeLessThan(
      0.8 * losses.slice(0, 4).reduce((sum, loss) => sum + loss, 0),
    );
    // At most two updates are in flight, each with one loss and one state.
    expect(Math.max(...run.tensors.slice(5))).toBeLessThanOrEqual(Math.max(...run.tensors.slice(1, 5)));
  });

  it('frees everything', async () => {
    const before = memoryUse().tensors;
    await trainBert({ max_steps: 2, save_strategy: 'steps', save_steps: 1 });
    expect(memoryUse().tensors).toBe(before);
  });

  for (const fp16 of [false, true]) {
    it(`two runs give the same bits, dropout on${fp16 ? ', fp16' : ''}`, async () => {
      const [first, second] = [await trainBert({ fp16, max_steps: 8 }), await trainBert({ fp16, max_steps: 8 })];
      expect(second.records).toEqual(first.records);
      expect(second.weights).toEqual(first.weights);
      expect(second.evalLoss).toBe(first.evalLoss);
    });
  }

  it('that is profiled ends in the same bits, and tells of every kernel of its updates', async () => {
    const plain = await trainBert({ fp16: true, max_steps: 8 });
    const profiler = new RunProfiler();
    const asked = profiler.profile(3, 2);
    const profiled = await trainBert({ fp16: true, max_steps: 8 }, {}, undefined, profiler);
    expect(profiled.records).toEqual(plain.records);
    expect(profiled.weights).toEqual(plain.weights);
    const { updates, ms, kernels, bytesPerSecond, flopsPerSecond } = await asked;
    expect(updates).toBe(3);
    expect(Math.min(ms, bytesPerSecond, flopsPerSecond)).toBeGreaterThan(0);
    expect(kernels.reduce((sum, kernel) => sum + kernel.ms, 0)).toBeCloseTo(ms, 6);
    expect(kernels.reduce((sum, kernel) => sum + kernel.timeShare, 0)).toBeCloseTo(1, 6);
    const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]));
    const attention = kernels.find(({ name }) => /^attention(-scores-\d+)?$/.test(name))!;
    // In each of two layers one product of 8 rows, 36 wide, over 8 x 8 pairs; or two, where one kernel does both.
    const products = attention.name === 'attention' ? 2 : 1;
    expect(attention).toMatchObject({ dispatches: 2, flops: 2 * 2 * products * 8 * 36 * 8 * 8 });
    expect(byName.get('update-state')).toMatchObject({ dispatches: 1, flops: null, computeShare: null });
    expect(byName.get('update-state')!.bytes).toBeGreaterThan(32);
    expect([...byName.keys()].filter((name) => name.startsWith('measure'))).toEqual([]);
  });

  it('that ends before the profile is done tells of the updates that were timed, or of none', async () => {
    const [short, late] = [new RunProfiler(), new RunProfiler()];
    const asked = short.profile(5, 2);
    await trainBert({ max_steps: 4 }, {}, undefined, short);
    expect((await asked).updates).toBe(2);
    const never = expect(late.profile(1, 4)).rejects.toMatchObject({ code: 'E-STATE' });
    await trainBert({ max_steps: 4 }, {}, undefined, late);
    await never;
    await tf.setBackend('cpu');
    expect(() => late.profile(1)).toThrow(expect.objectContaining({ code: 'E-GPU-UNAVAILABLE' }));
  });

  it('with fp16 the losses follow those of full precision within 2 %', async () => {
    const [full, half] = [await trainBert({}, NO_DROPOUT), await trainBert({ fp16: true }, NO_DROPOUT)];
    expectClose(lossesOf(half), lossesOf(full), { absolute: 0, relative: 0.02 }, 'loss');
    expect(lossesOf(half)).not.toEqual(lossesOf(full));
    expect(half.skipped).toBe(0);
    expect(half.records.every(({ lossScale }) => lossScale === 65536)).toBe(true);
  });

  it('with bf16 the losses follow those of full precision within 5 %, and nothing is scaled', async () => {
    const [full, half] = [await trainBert({}, NO_DROPOUT), await trainBert({ bf16: true }, NO_DROPOUT)];
    expectClose(lossesOf(half), lossesOf(full), { absolute: 0, relative: 0.05 }, 'loss');
    expect(lossesOf(half)).not.toEqual(lossesOf(full));
    expect(half.records.every(({ lossScale, skipped }) => lossScale === 1 && !skipped)).toBe(true);
  });

  it('with fp16 an overflow skips the step, halves the scale, and training goes on', async () => {
    let model: Awaited<ReturnType<typeof tinyBert>> | null = null;
    const records: UpdateRecord[] = [];
    model = await tinyBert(NO_DROPOUT);
    const scale = model.namedParameters().get('bert.encoder.layer.0.attention.output.LayerNorm.weight')!;
    const sound = Float32Array.from(await readTensor(scale.variable));
    const trainer = new Trainer({
      model,
      args: argumentsOf({ max_steps: 6, fp16: true, learning_rate: 1e-3, per_device_train_batch_size: 8 }),
      trainDataset: tokenRows(40),
      callbacks: [
        {
          name: 'Overflow',
          // Activations beyond f16's range in the third step alone.
          onStepBegin: async ({ state }) => {
            if (state.globalStep === 2) scale.load(new Float32Array(scale.size).fill(1e6));
            if (state.globalStep === 3) scale.load(sound);
          },
        },
      ],
      hooks: { onUpdate: (record) => void records.push(record) },
    });
    const { globalStep } = await trainer.train();
    expect(globalStep).toBe(6);
    expect(records.map(({ skipped, lossScale }) => [skipped, lossScale])).toEqual([
      [false, 65536],
      [false, 65536],
      [true, 32768],
      [false, 32768],
      [false, 32768],
      [false, 32768],
    ]);
    expect(trainer.state.skippedSteps).toBe(1);
    expect(lossesOf({ records } as BertRun).every(Number.isFinite)).toBe(true);
  });

  it('without WebGPU the CPU backend gives the same losses within 2e-4, dropout on', async () => {
    const onDevice = await trainBert({ max_steps: 8 });
    await tf.setBackend('cpu');
    const onCpu = await trainBert({ max_steps: 8 });
    expectClose(lossesOf(onCpu), lossesOf(onDevice), { absolute: 0, relative: 2e-4 }, 'loss');
    expectClose([onCpu.evalLoss], [onDevice.evalLoss], { absolute: 0, relative: 2e-4 }, 'eval_loss');
    expectClose(
      onCpu.records.map(({ gradNorm }) => gradNorm),
      onDevice.records.map(({ gradNorm }) => gradNorm),
      { absolute: 0, relative: 2e-3 },
      'grad_norm',
    );
  });

  it('resumed with fp16 after an overflow it repeats the run bit for bit', async () => {
    const given = {
      max_steps: 6,
      fp16: true,
      learning_rate: 1e-3,
      per_device_train_batch_size: 8,
      save_strategy: 'steps',
      save_steps: 3,
    };
    const start = async (store: MemoryCheckpointStore) => {
      const model = await tinyBert();
      return {
        model,
        trainer: new Trainer({
          model,
          args: argumentsOf(given),
          trainDataset: tokenRows(40),
          checkpointStore: store,
          runId: RUN,
        }),
      };
    };
    const store = new MemoryCheckpointStore(() => 0);
    const whole = await start(store);
    await whole.trainer.train();
    const first = (await store.list(RUN))[0]!;
    const resumed = await start(new MemoryCheckpointStore(() => 0));
    await resumed.trainer.train(await store.open(RUN, first.checkpointId));
    for (const [name, { variable }] of resumed.model.namedParameters()) {
      expect(await readTensor(variable), name).toEqual(
        await readTensor(whole.model.namedParameters().get(name)!.variable),
      );
    }
  });
});

// evaluate() and predict(): keys, averages, and what computeMetrics is given.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import type { ComputeMetrics, EvalPrediction } from '#trainer/evaluation-loop.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import type { Batch } from '#util/nd-array.ts';
import { argumentsOf, LinearRegression, line } from '../../setup/linear-regression.ts';

beforeAll(() => tf.setBackend('cpu'));

type Given = Partial<TrainerOptions> & { readonly arguments?: Record<string, unknown> };

/** y = 0·x + 0: the error of each point is its label. */
function start({ arguments: given = {}, ...options }: Given = {}) {
  const model = new LinearRegression();
  const args = argumentsOf({ per_device_eval_batch_size: 4, ...given });
  return { model, trainer: new Trainer({ model, args, trainDataset: line(10), ...options }) };
}

const labels = Array.from({ length: 10 }, (_, i) => 2 * (i / 10 - 0.5) - 1);
const meanSquare = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value * value, 0) / values.length;

/** Keeps what it was called with. */
function spy(): { calls: [EvalPrediction, boolean][]; computeMetrics: ComputeMetrics } {
  const calls: [EvalPrediction, boolean][] = [];
  return {
    calls,
    computeMetrics: (prediction, computeResult) => {
      calls.push([prediction, computeResult]);
      return { count: calls.length, eval_named: 7 };
    },
  };
}

describe('evaluate', () => {
  it("has HF's keys, in order, and is logged without the model's logits being kept", async () => {
    const { trainer } = start({ evalDataset: line(10) });
    const metrics = await trainer.evaluate();
    expect(Object.keys(metrics)).toEqual([
      'eval_loss',
      'eval_runtime',
      'eval_samples_per_second',
      'eval_steps_per_second',
      'epoch',
    ]);
    expect(metrics['epoch']).toBe(0);
    expect(trainer.state.logHistory).toEqual([{ ...metrics, step: 0 }]);
  });

  it('averages the losses of batches by their examples', async () => {
    const { trainer } = start({ evalDataset: line(10) });
    expect((await trainer.evaluate())['eval_loss']).toBeCloseTo(meanSquare(labels), 6);
    // A loss that is no plain mean tells the weighting apart: batches of 4, 4 and 2.
    class Largest extends LinearRegression {
      override forward(...given: Parameters<LinearRegression['forward']>) {
        const targets = tf.tensor1d(Float32Array.from(given[0]['labels']!.data));
        return { ...super.forward(...given), loss: tf.max(tf.square(targets)).asScalar() };
      }
    }
    const other = start({ model: new Largest(), evalDataset: line(10) });
    const largest = [labels.slice(0, 4), labels.slice(4, 8), labels.slice(8)].map((batch) =>
      Math.max(...batch.map((value) => value * value)),
    );
    expect((await other.trainer.evaluate())['eval_loss']).toBeCloseTo(
      (4 * largest[0]! + 4 * largest[1]! + 2 * largest[2]!) / 10,
      6,
    );
  });

  it('of a model whose loss is a mean over tokens tells the exact mean over all of them too', async () => {
    // Batches of 4, 4 and 2 rows with 1, 0 and 5 tokens; their losses are 2, NaN and 0.5.
    class Tokens extends LinearRegression {
      readonly lossIsPerToken = true;
      override itemsIn(batch: Batch): number {
        return [1, 0, 5][Math.floor(batch['row']!.data[0]! / 4)]!;
      }
      override forward(...given: Parameters<LinearRegression['forward']>) {
        const loss = [2, Number.NaN, 0.5][Math.floor(given[0]['row']!.data[0]! / 4)]!;
        return { ...super.forward(...given), loss: tf.scalar(loss) };
      }
    }
    const tokens = { model: new Tokens(), evalDataset: line(10), arguments: { remove_unused_columns: false } };
    const metrics = await start({ ...tokens, computeMetrics: spy().computeMetrics }).trainer.evaluate();
    expect(Object.keys(metrics).slice(0, 3)).toEqual(['eval_loss', 'eval_loss_per_token', 'eval_count']);
    expect(metrics['eval_loss_per_token']).toBeCloseTo((2 * 1 + 0.5 * 5) / 6, 12);
    const { metrics: predicted } = await start(tokens).trainer.predict(line(10), 'test_de');
    expect(predicted['test_de_loss_per_token']).toBe(metrics['eval_loss_per_token']);
    const unlabelled = { length: 2, columnNames: ['x', 'row'], get: (row: number) => ({ x: row, row }) };
    expect((await start(tokens).trainer.predict(unlabelled)).metrics).not.toHaveProperty('test_loss_per_token');
  });

  it('leaves out a last batch that is not full with dataloader_drop_last', async () => {
    const { trainer } = start({ arguments: { dataloader_drop_last: true }, evalDataset: line(10) });
    expect((await trainer.evaluate())['eval_loss']).toBeCloseTo(meanSquare(labels.slice(0, 8)), 6);
  });

  it('prefixes metrics once', async () => {
    const { trainer } = start({ evalDataset: line(10), computeMetrics: spy().computeMetrics });
    expect(await trainer.evaluate()).toMatchObject({ eval_count: 1, eval_named: 7 });
    expect(await trainer.evaluate(line(4), 'extra')).toMatchObject({ extra_count: 2, extra_eval_named: 7 });
  });

  it('takes several sets by name: one log entry each, one result', async () => {
    const evaluated: string[][] = [];
    const callback: TrainerCallback = {
      name: 'Keys',
      onEvaluate: ({ metrics }) => void evaluated.push(Object.keys(metrics!).filter((key) => key.endsWith('loss'))),
    };
    const { trainer } = start({ evalDataset: { near: line(4), far: line(10) }, callbacks: [callback] });
    const metrics = await trainer.evaluate();
    expect(metrics).toMatchObject({ eval_far_loss: expect.closeTo(meanSquare(labels), 6) });
    expect(evaluated).toEqual([['eval_near_loss'], ['eval_far_loss']]);
    expect(trainer.state.logHistory).toHaveLength(2);
  });

  it('leaves the weights and the tensors as they were', async () => {
    const { trainer, model } = start({ evalDataset: line(10), computeMetrics: spy().computeMetrics });
    await trainer.evaluate();
    const before = tf.memory().numTensors;
    await trainer.evaluate();
    expect(tf.memory().numTensors).toBe(before);
    expect(model.values).toEqual([0, 0]);
  });

  it('without data it says so', async () => {
    await expect(start().trainer.evaluate()).rejects.toMatchObject({
      code: 'E-ARGS',
      message: 'There is no evaluation data.',
    });
  });
});

describe('computeMetrics', () => {
  it('is told which of several sets was evaluated', async () => {
    const evalDataset = { near: line(4), far: line(10) };
    const computeMetrics: ComputeMetrics = (_, __, dataset) => ({ rows: dataset.length });
    const metrics = await start({ evalDataset, computeMetrics }).trainer.evaluate();
    expect(metrics).toMatchObject({ eval_near_rows: 4, eval_far_rows: 10 });
    const batchwise = start({ evalDataset, computeMetrics, arguments: { batch_eval_metrics: true } });
    expect(await batchwise.trainer.evaluate()).toMatchObject({ eval_near_rows: 4, eval_far_rows: 10 });
  });

  it('gets predictions and labels of all batches, in order', async () => {
    const { calls, computeMetrics } = spy();
    await start({ evalDataset: line(10), computeMetrics }).trainer.evaluate();
    expect(calls).toHaveLength(1);
    const [{ predictions, labelIds, inputs, losses, batches }, computeResult] = calls[0]!;
    expect(computeResult).toBe(true);
    expect(predictions).toEqual({ data: new Float32Array(10), shape: [10] });
    expect([...labelIds!.data]).toEqual([...Float32Array.from(labels)]);
    expect([inputs, losses, batches]).toEqual([undefined, undefined, undefined]);
  });

  it('gets inputs and one loss an example with include_for_metrics', async () => {
    const { calls, computeMetrics } = spy();
    const given = { include_for_metrics: ['inputs', 'loss'] };
    await start({ arguments: given, evalDataset: line(10), computeMetrics }).trainer.evaluate();
    const [{ inputs, losses }] = calls[0]!;
    expect([...inputs!.data]).toEqual([...Float32Array.from({ length: 10 }, (_, i) => i / 10 - 0.5)]);
    expect(losses).toHaveLength(10);
    expect(losses![0]).toBeCloseTo(meanSquare(labels.slice(0, 4)), 6);
    expect(losses![3]).toBe(losses![0]);
    expect(losses![9]).toBeCloseTo(meanSquare(labels.slice(8)), 6);
  });

  it('gets each batch apart without eval_do_concat_batches', async () => {
    const { calls, computeMetrics } = spy();
    await start({
      arguments: { eval_do_concat_batches: false },
      evalDataset: line(10),
      computeMetrics,
    }).trainer.evaluate();
    expect(calls[0]![0].batches!.map(({ predictions }) => predictions.shape)).toEqual([[4], [4], [2]]);
  });

  it('is called batch by batch with batch_eval_metrics, and the last answer counts', async () => {
    const { calls, computeMetrics } = spy();
    const { trainer } = start({ arguments: { batch_eval_metrics: true }, evalDataset: line(10), computeMetrics });
    expect(await trainer.evaluate()).toMatchObject({ eval_count: 3, eval_loss: expect.closeTo(meanSquare(labels), 6) });
    expect(calls.map(([{ predictions }, last]) => [predictions!.shape, last])).toEqual([
      [[4], false],
      [[4], false],
      [[2], true],
    ]);
  });

  it('sees logits as preprocessLogitsForMetrics left them', async () => {
    const { calls, computeMetrics } = spy();
    const preprocessLogitsForMetrics = (logits: tf.Tensor, given: { data: ArrayLike<number> } | null) =>
      tf.add(logits, given!.data[0]!);
    await start({ evalDataset: line(3), computeMetrics, preprocessLogitsForMetrics }).trainer.evaluate();
    expect([...calls[0]![0].predictions!.data]).toEqual([-2, -2, -2]);
  });

  it('is not called with prediction_loss_only', async () => {
    const { calls, computeMetrics } = spy();
    const { trainer } = start({ arguments: { prediction_loss_only: true }, evalDataset: line(10), computeMetrics });
    expect(Object.keys(await trainer.evaluate())[0]).toBe('eval_loss');
    expect(calls).toHaveLength(0);
  });
});

describe('predict', () => {
  it('gives predictions, labels and metrics with the prefix test, and logs nothing', async () => {
    const { trainer } = start({ model: new LinearRegression({ a: 2, b: -1 }) });
    const { predictions, labelIds, metrics, numSamples } = await trainer.predict(line(10));
    expect([...predictions!.data].map((value) => value.toFixed(5))).toEqual(
      [...labelIds!.data].map((value) => value.toFixed(5)),
    );
    expect(Object.keys(metrics)).toEqual([
      'test_loss',
      'test_runtime',
      'test_samples_per_second',
      'test_steps_per_second',
    ]);
    expect(metrics['test_loss']).toBeCloseTo(0, 10);
    expect(numSamples).toBe(10);
    expect(trainer.state.logHistory).toEqual([]);
  });

  it('keeps predictions under any prefix, and with batch_eval_metrics; not with prediction_loss_only', async () => {
    expect((await start().trainer.predict(line(4), 'eval')).predictions!.shape).toEqual([4]);
    const streaming = start({ arguments: { batch_eval_metrics: true }, computeMetrics: spy().computeMetrics });
    const output = await streaming.trainer.predict(line(10));
    expect(output.predictions!.shape).toEqual([10]);
    expect(output.metrics['test_count']).toBe(3);
    expect(
      (await start({ arguments: { prediction_loss_only: true } }).trainer.predict(line(4))).predictions,
    ).toBeNull();
  });

  it('works without labels', async () => {
    const unlabelled = { length: 2, columnNames: ['x'], get: (index: number) => ({ x: index + 0.5 }) };
    const { trainer } = start({ model: new LinearRegression({ a: 2, b: 1 }), computeMetrics: spy().computeMetrics });
    const { predictions, labelIds, metrics } = await trainer.predict(unlabelled);
    expect([...predictions!.data]).toEqual([2, 4]);
    expect(labelIds).toBeNull();
    expect(metrics).not.toHaveProperty('test_loss');
    expect(metrics).not.toHaveProperty('test_count');
  });
});

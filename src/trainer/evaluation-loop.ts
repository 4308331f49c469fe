// Runs a model over a data set without training: loss, predictions and metrics, with HF's averaging and keys.

import type { DataLoader } from '#data/data-loader.ts';
import type { Dataset } from '#data/dataset.ts';
import type { ForwardSteps } from '#nn/forward-steps.ts';
import { disposeTensors, readNdArray, type Tensor } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { Batch, NdArray } from '#util/nd-array.ts';
import { concatenate } from './concatenate.ts';

/** Numbers, or small arrays of them such as a confusion matrix. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[];
export type Metrics = Record<string, MetricValue>;

export interface EvalPrediction {
  /** Logits of all rows; null with prediction_loss_only. A list, one per batch, without eval_do_concat_batches. */
  readonly predictions: NdArray | null;
  readonly labelIds: NdArray | null;
  /** With include_for_metrics "inputs": the model's main input. */
  readonly inputs?: NdArray;
  /** With include_for_metrics "loss": one per example. */
  readonly losses?: Float32Array;
  /** Without eval_do_concat_batches: the same, batch by batch. */
  readonly batches?: readonly { readonly predictions: NdArray; readonly labelIds: NdArray | null }[];
}

/**
 * With batch_eval_metrics it is called per batch; `computeResult` is true for the last one, whose answer counts.
 * `dataset` is what was evaluated, of several.
 */
export type ComputeMetrics = (prediction: EvalPrediction, computeResult: boolean, dataset: Dataset) => Metrics;
export type LossMetrics = (loss: number) => Metrics;
export type PreprocessLogits = (logits: Tensor, labels: NdArray | null) => Tensor;

export interface EvaluationOptions {
  readonly dataset: Dataset;
  readonly forward: ForwardSteps;
  readonly labelNames: readonly string[];
  readonly predictionLossOnly: boolean;
  readonly concatBatches: boolean;
  readonly batchEvalMetrics: boolean;
  /** False: what a batch gave is dropped once its metrics are computed. */
  readonly keepPredictions: boolean;
  readonly includeForMetrics: readonly string[];
  readonly computeMetrics: ComputeMetrics | null;
  readonly preprocessLogits: PreprocessLogits | null;
  readonly lossMetrics: LossMetrics | null;
  /** Keys of the result begin with it: `eval`, `test`. */
  readonly prefix: string;
  readonly onBatch: (finished: number, total: number) => Promise<void>;
}

export interface EvaluationOutput {
  readonly predictions: NdArray | null;
  readonly labelIds: NdArray | null;
  /** With the prefix; without times, which the Trainer adds. */
  readonly metrics: Metrics;
  readonly numSamples: number;
}

interface BatchResult {
  readonly size: number;
  /** What the loss is the mean over: see `itemsIn`. */
  readonly items: number;
  readonly loss: number | null;
  readonly logits: NdArray | null;
  readonly labels: NdArray | null;
  readonly inputs: NdArray | null;
}

export async function evaluationLoop(
  model: TrainableModel,
  loader: DataLoader,
  options: EvaluationOptions,
): Promise<EvaluationOutput> {
  const results: BatchResult[] = [];
  let streamed: Metrics | null = null;
  for (let index = 0; index < loader.length; index++) {
    const result = await predictionStep(model, loader.batch(0, index), options);
    if (options.batchEvalMetrics && options.computeMetrics && result.logits && result.labels) {
      const prediction = { predictions: result.logits, labelIds: result.labels };
      streamed = options.computeMetrics(prediction, index === loader.length - 1, options.dataset);
    }
    results.push(options.keepPredictions ? result : { ...result, logits: null });
    await options.onBatch(index + 1, loader.length);
  }
  return summarize(model, results, streamed, options);
}

/** Forward of one batch; labels are there only when all label names are. */
async function predictionStep(model: TrainableModel, batch: Batch, options: EvaluationOptions): Promise<BatchResult> {
  const hasLabels = options.labelNames.every((name) => batch[name] !== undefined);
  const labels = hasLabels ? (batch[options.labelNames[0]!] ?? null) : null;
  const { loss, logits: raw } = options.forward.run(batch, !options.predictionLossOnly);
  const logits = raw && options.preprocessLogits ? options.preprocessLogits(raw, labels) : raw;
  try {
    const lossValue = loss ? (await readNdArray(loss)).data[0]! : null;
    const size = Object.values(batch)[0]?.shape[0] ?? 0;
    return {
      size,
      items: model.itemsIn(batch),
      loss: hasLabels ? lossValue : null,
      logits: logits && cutToLength(await readNdArray(logits), batch[model.inputNames[0] ?? 'input_ids']),
      labels,
      inputs: options.includeForMetrics.includes('inputs') ? (batch[model.inputNames[0] ?? 'input_ids'] ?? null) : null,
    };
  } finally {
    disposeTensors(new Set([loss, raw, logits].filter((tensor) => tensor !== null)));
  }
}

/** Predictions of tokens without those of the padding that a recorded step added. */
function cutToLength(logits: NdArray, inputs: NdArray | undefined): NdArray {
  const [rows, width, ...rest] = logits.shape as [number, number, ...number[]];
  const length = inputs?.shape[1];
  if (rest.length === 0 || length === undefined || length >= width) return logits;
  const inner = rest.reduce((product, n) => product * n, 1);
  const data = new Float32Array(rows * length * inner);
  for (let row = 0; row < rows; row++)
    data.set(logits.data.subarray(row * width * inner, (row * width + length) * inner), row * length * inner);
  return { data, shape: [rows, length, ...rest] };
}

function summarize(
  model: TrainableModel,
  results: readonly BatchResult[],
  streamed: Metrics | null,
  options: EvaluationOptions,
): EvaluationOutput {
  const numSamples = results.reduce((sum, { size }) => sum + size, 0);
  const predictions = joinOf(results.map(({ logits }) => logits));
  const labelIds = joinOf(results.map(({ labels }) => labels));
  const losses = results.flatMap(({ loss, size }) => (loss === null ? [] : new Array<number>(size).fill(loss)));
  const fromLoss = losses.length > 0 ? options.lossMetrics?.(mean32(losses)) : undefined;
  const metrics = { ...(streamed ?? computed(results, predictions, labelIds, losses, options)), ...fromLoss };
  const prefixed = Object.entries(metrics).map(
    ([key, value]) => [key.startsWith(`${options.prefix}_`) ? key : `${options.prefix}_${key}`, value] as const,
  );
  const loss = losses.length > 0 ? { [`${options.prefix}_loss`]: mean32(losses) } : {};
  const perToken = model.lossIsPerToken ? tokenMean(results) : null;
  const exact = perToken === null ? {} : { [`${options.prefix}_loss_per_token`]: perToken };
  return { predictions, labelIds, metrics: { ...loss, ...exact, ...Object.fromEntries(prefixed) }, numSamples };
}

function computed(
  results: readonly BatchResult[],
  predictions: NdArray | null,
  labelIds: NdArray | null,
  losses: readonly number[],
  { dataset, computeMetrics, batchEvalMetrics, concatBatches, includeForMetrics }: EvaluationOptions,
): Metrics {
  if (!computeMetrics || batchEvalMetrics || !predictions || !labelIds) return {};
  const inputs = includeForMetrics.includes('inputs') ? joinOf(results.map((result) => result.inputs)) : null;
  return computeMetrics(
    {
      predictions,
      labelIds,
      ...(inputs ? { inputs } : {}),
      ...(includeForMetrics.includes('loss') ? { losses: Float32Array.from(losses) } : {}),
      ...(concatBatches
        ? {}
        : { batches: results.map(({ logits, labels }) => ({ predictions: logits!, labelIds: labels })) }),
    },
    true,
    dataset,
  );
}

/** All or nothing: null when a batch lacks it. */
function joinOf(arrays: readonly (NdArray | null)[]): NdArray | null {
  const present = arrays.filter((array) => array !== null);
  return present.length === arrays.length && present.length > 0 ? concatenate(present) : null;
}

/** The mean over examples of their batch's loss, as numpy takes it of float32 values. */
function mean32(losses: readonly number[]): number {
  return Math.fround(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
}

/** The mean over all tokens that count, however they lie in batches; null where there are none. */
function tokenMean(results: readonly BatchResult[]): number | null {
  const counted = results.filter(({ loss, items }) => loss !== null && items > 0);
  const tokens = counted.reduce((sum, { items }) => sum + items, 0);
  return tokens === 0 ? null : counted.reduce((sum, { loss, items }) => sum + loss! * items, 0) / tokens;
}

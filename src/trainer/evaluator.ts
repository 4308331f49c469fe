// Runs the model of a Trainer over a data set, with the arguments that evaluations obey, and times it.

import { DefaultDataCollator } from '#data/collators/default-data-collator.ts';
import type { DataCollator, DataLoader } from '#data/data-loader.ts';
import type { Dataset } from '#data/dataset.ts';
import { SequentialSampler } from '#data/samplers.ts';
import type { ComputeStorage } from '#nn/forward-context.ts';
import { ForwardSteps } from '#nn/forward-steps.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import { yieldToEventLoop } from '#util/event-loop.ts';
import { evaluationStorageFor, storageFor } from './compute-storage.ts';
import { dataLoaderFor, labelNamesOf } from './data-loaders.ts';
import { type EvaluationOutput, evaluationLoop } from './evaluation-loop.ts';
import { speedMetrics } from './speed-metrics.ts';
import type { TrainerOptions } from './trainer-options.ts';

interface EvaluatorRun {
  /** Keys of the result begin with it: `eval`, `test`. */
  readonly prefix: string;
  readonly purpose: 'evaluation' | 'prediction';
  /** Within training the precision is training's. */
  readonly inTraining: boolean;
  readonly onBatch: (finished: number, total: number) => Promise<void>;
}

export class Evaluator {
  /** Of the latest evaluation. */
  loader: DataLoader | null = null;
  /** Stays true where an evaluation failed. */
  isRunning = false;
  readonly #options: TrainerOptions;
  #forward: { readonly steps: ForwardSteps; readonly storage: ComputeStorage } | null = null;

  constructor(options: TrainerOptions) {
    this.#options = options;
  }

  /** @returns metrics with the prefix and times; predictions where they are kept. */
  async run(model: TrainableModel, dataset: Dataset, run: EvaluatorRun): Promise<EvaluationOutput> {
    const { args, computeMetrics, preprocessLogitsForMetrics, lossMetrics } = this.#options;
    const loader = this.#loaderOf(model, dataset);
    const started = performance.now();
    this.loader = loader;
    this.isRunning = true;
    const output = await evaluationLoop(model, loader, {
      dataset,
      forward: this.#stepsFor(model, run.inTraining ? storageFor(args) : evaluationStorageFor(args)),
      labelNames: labelNamesOf(args, model),
      // Nobody computes metrics from the logits: an evaluation need not read them.
      predictionLossOnly: args.predictionLossOnly || (run.purpose === 'evaluation' && !computeMetrics),
      keepPredictions: run.purpose === 'prediction' || !args.batchEvalMetrics,
      concatBatches: args.evalDoConcatBatches,
      batchEvalMetrics: args.batchEvalMetrics,
      includeForMetrics: args.includeForMetrics,
      computeMetrics: computeMetrics ?? null,
      preprocessLogits: preprocessLogitsForMetrics ?? null,
      lossMetrics: lossMetrics ?? null,
      prefix: run.prefix,
      onBatch: async (finished, total) => {
        await run.onBatch(finished, total);
        await yieldToEventLoop();
      },
    });
    this.isRunning = false;
    const speed = speedMetrics(run.prefix, performance.now() - started, dataset.length, loader.length);
    return { ...output, metrics: { ...output.metrics, ...speed } };
  }

  /** Forgets what was recorded: the parameters lie elsewhere from now on, or are gone. */
  dispose(): void {
    this.#forward?.steps.dispose();
    this.#forward = null;
  }

  #loaderOf(model: TrainableModel, dataset: Dataset): DataLoader {
    const { args } = this.#options;
    const collator: DataCollator = this.#options.dataCollator ?? new DefaultDataCollator();
    return dataLoaderFor({
      dataset,
      sampler: new SequentialSampler(dataset.length),
      batchSize: args.perDeviceEvalBatchSize,
      collator: collator.forEvaluation?.() ?? collator,
      args,
      model,
    });
  }

  #stepsFor(model: TrainableModel, storage: ComputeStorage): ForwardSteps {
    if (this.#forward && this.#forward.storage !== storage) this.dispose();
    const { labelSmoothingFactor: labelSmoothing } = this.#options.args;
    this.#forward ??= { storage, steps: new ForwardSteps(model, { storage, labelSmoothing }) };
    return this.#forward.steps;
  }
}

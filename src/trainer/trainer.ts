// The Trainer: HF's class, with its names, order of events, logged keys and checkpoints. It holds policy only; the loop,
// the evaluation, the session and the checkpoints are files of their own.

import { DefaultDataCollator } from '#data/collators/default-data-collator.ts';
import type { DataLoader } from '#data/data-loader.ts';
import type { Dataset } from '#data/dataset.ts';
import { withCustomLoss } from '#nn/custom-loss.ts';
import { memoryUse, recoverMemory } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { LrSchedule } from '#optim/get-scheduler.ts';
import type { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { LogEntry } from '#protocol/metrics.ts';
import { resolveSteps } from '#protocol/run-plan.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import { yieldToEventLoop } from '#util/event-loop.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { decidingMetric, updateBestMetric } from './best-metric.ts';
import { CallbackHandler, type CallbackReference } from './callbacks/callback-handler.ts';
import { defaultFlowCallback } from './callbacks/default-flow-callback.ts';
import type { CallbackContext, CallbackEvent, TrainerCallback } from './callbacks/trainer-callback.ts';
import { checkTrainerOptions, isDataset } from './check-trainer-options.ts';
import { storageFor } from './compute-storage.ts';
import { dataLoaderFor, trainSampler } from './data-loaders.ts';
import type { EvaluationOutput, Metrics } from './evaluation-loop.ts';
import { Evaluator } from './evaluator.ts';
import { type HubPushPolicy, hubPushPolicy, withPushes } from './hub-push-policy.ts';
import { InitialWeights } from './initial-weights.ts';
import { makeSchedule, makeUpdate } from './make-update.ts';
import { MemoryTracker } from './memory-tracker.ts';
import { RUN_START, resumePosition } from './resume-position.ts';
import { type Resumed, RunCheckpoints, readState, trainBatchSizeOf } from './run-checkpoints.ts';
import type { BestRun, SearchOptions } from './search/hyperparameter-search.ts';
import { searchWithTrainers } from './search/search-with-trainers.ts';
import { speedMetrics, tokenMetrics } from './speed-metrics.ts';
import { TrainerControl } from './trainer-control.ts';
import type { TrainerOptions } from './trainer-options.ts';
import { createTrainerState, pointAt, type TrainerState } from './trainer-state.ts';
import { trainingLoop } from './training-loop.ts';
import { TrainingSession } from './training-session.ts';

export interface TrainOutput {
  readonly globalStep: number;
  readonly trainingLoss: number;
  readonly metrics: Metrics;
}

/** Where to go on: a checkpoint, or `true` for the run's latest one. */
export type ResumeFrom = StoredCheckpoint | boolean;

export class Trainer {
  readonly args: TrainingArguments;
  readonly control = new TrainerControl();
  state: TrainerState = createTrainerState();
  readonly #options: TrainerOptions;
  readonly #handler: CallbackHandler;
  readonly #checkpoints: RunCheckpoints | null;
  readonly #pushes: HubPushPolicy | null;
  readonly #evaluator: Evaluator;
  readonly #memory: MemoryTracker;
  #model: TrainableModel | null;
  #update: OptimizerUpdate | null = null;
  /** What callbacks are handed, as far as it was made. */
  #lrScheduler: LrSchedule | null = null;
  #trainDataloader: DataLoader | null = null;
  /** The step whose weights the model holds, where the best ones were taken back. */
  #bestStepLoaded: number | null = null;
  /** Rows at once in training: those of the arguments, or what was found to fit into memory. */
  #batchSize = 0;
  #isTraining = false;
  #initialized = false;

  /** @throws StudioError E-ARGS when the parts do not fit each other. */
  constructor(options: TrainerOptions) {
    checkTrainerOptions(options);
    const { args, model, callbacks = [], checkpointStore, runId } = options;
    this.#options = options;
    this.#evaluator = new Evaluator(options);
    this.#memory = new MemoryTracker(args.skipMemoryMetrics);
    this.args = args;
    this.#model = model ?? null;
    this.#handler = new CallbackHandler([defaultFlowCallback, ...callbacks]);
    this.#pushes = hubPushPolicy(options);
    const hooks = this.#pushes ? withPushes(options.hooks ?? {}, this.#pushes) : options.hooks;
    this.#checkpoints =
      checkpointStore && runId
        ? new RunCheckpoints(checkpointStore, runId, { ...options, ...(hooks && { hooks }) })
        : null;
  }

  /** @throws StudioError E-STATE before `modelInit` was called. */
  get model(): TrainableModel {
    if (!this.#model) throw new StudioError('E-STATE', msg`The model is made by train(): call that first.`);
    return this.#model;
  }

  /** Puts a callback behind those that are there. */
  addCallback(callback: TrainerCallback): void {
    this.#handler.add(callback);
  }

  /** Takes a callback out and returns it. @throws StudioError E-ARGS when it is not there. */
  popCallback(callback: CallbackReference): TrainerCallback {
    return this.#handler.remove(callback);
  }

  /** Takes a callback out. @throws StudioError E-ARGS when it is not there. */
  removeCallback(callback: CallbackReference): void {
    this.#handler.remove(callback);
  }

  /** The model with the loss that it is trained and evaluated by. */
  get #modelWithLoss(): TrainableModel {
    const { computeLossFunc } = this.#options;
    return computeLossFunc ? withCustomLoss(this.model, computeLossFunc) : this.model;
  }

  /** Trains to the end, or until a callback stops it. */
  async train(resumeFromCheckpoint: ResumeFrom = false): Promise<TrainOutput> {
    if (this.#options.modelInit) await this.#rebuild(this.#options.modelInit);
    await this.#initialize();
    const checkpoint = await this.#resumePoint(resumeFromCheckpoint);
    this.#batchSize = this.args.perDeviceTrainBatchSize;
    this.#memory.start('train');
    if (!this.args.autoFindBatchSize || this.#options.optimizers) return this.#trainOnce(checkpoint);
    if (checkpoint) this.#batchSize = (await trainBatchSizeOf(checkpoint)) ?? this.#batchSize;
    return this.#trainWithinMemory(checkpoint);
  }

  async #trainOnce(checkpoint: StoredCheckpoint | null): Promise<TrainOutput> {
    this.#evaluator.isRunning = false;
    const started = performance.now();
    const session = await this.#startSession(checkpoint, started);
    this.#isTraining = true;
    try {
      await trainingLoop(session, {
        control: this.control,
        fire: (event) => this.#fire(event),
        logEvaluateSave: () => this.#logEvaluateSave(session),
        evaluateAtStart: async () => void (await this.#evaluateInTraining()),
        betweenSteps: () => this.#betweenSteps(session),
      });
      return await this.#finish(session, started);
    } finally {
      this.#isTraining = false;
      session.dispose();
    }
  }

  /** As long as memory runs out in a step: starts again, from the weights of the start, with fewer rows at once. */
  async #trainWithinMemory(checkpoint: StoredCheckpoint | null): Promise<TrainOutput> {
    const initial = await InitialWeights.of(this.model);
    for (;;) {
      try {
        return await this.#trainOnce(checkpoint);
      } catch (error) {
        const smaller = this.#smallerBatchSize();
        if (!isOutOfMemory(error) || this.#evaluator.isRunning || smaller < 1) throw error;
        this.dispose();
        await recoverMemory();
        initial.restore(this.model);
        this.#options.hooks?.onBatchSize?.({ from: this.#batchSize, to: smaller });
        this.#batchSize = smaller;
      }
    }
  }

  /** Nine tenths, as in HF, and again as long as the plan says that it takes what was not there just now. */
  #smallerBatchSize(): number {
    const { allocatedBytes } = memoryUse();
    let size = Math.floor(this.#batchSize * 0.9);
    while (size > 1 && (this.#options.planMemory?.(size)?.peak ?? 0) >= allocatedBytes) size = Math.floor(size * 0.9);
    return size;
  }

  /** Loss and metrics on one data set, or on each of several; logged, with prefixed keys. */
  async evaluate(
    dataset: TrainerOptions['evalDataset'] = this.#options.evalDataset,
    prefix = 'eval',
  ): Promise<Metrics> {
    if (!dataset)
      throw new StudioError('E-ARGS', msg`There is no evaluation data.`, {
        where: 'evalDataset',
        hint: msg`Give a validation file or hold rows out.`,
      });
    await this.#initialize();
    if (!isDataset(dataset)) {
      let merged: Metrics = {};
      for (const [name, part] of Object.entries(dataset))
        merged = { ...merged, ...(await this.evaluate(part, `${prefix}_${name}`)) };
      return merged;
    }
    this.#memory.start('eval');
    const { metrics: measured } = await this.#evaluationLoop(dataset, prefix, 'evaluation');
    await this.log(measured);
    const metrics = { ...measured, epoch: this.state.epoch };
    await this.#fire('onEvaluate', { metrics });
    return { ...metrics, ...this.#memory.stop('eval') };
  }

  /** Predictions, labels and metrics of a data set; nothing is logged. */
  async predict(dataset: Dataset, prefix = 'test'): Promise<EvaluationOutput> {
    await this.#initialize();
    this.#memory.start('test');
    const output = await this.#evaluationLoop(dataset, prefix, 'prediction');
    await this.#fire('onPredict', { metrics: output.metrics });
    return { ...output, metrics: { ...output.metrics, ...this.#memory.stop('test') } };
  }

  /**
   * Trains again and again with arguments chosen from a space, each trial with a new model of `modelInit`.
   * @throws StudioError E-ARGS without `modelInit`, and for a space or settings that can not be; E-STATE when no trial
   * came to its end.
   */
  hyperparameterSearch(search: SearchOptions = {}): Promise<BestRun> {
    return searchWithTrainers(search, this.#options, (options) => new Trainer(options));
  }

  /** Adds an entry to the log history, with epoch and step; and with the tokens read so far, where they are counted. */
  async log(logs: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#log(logs, {});
  }

  async #log(logs: Readonly<Record<string, unknown>>, tokens: Metrics): Promise<void> {
    const { epoch, globalStep: step, numInputTokensSeen } = this.state;
    const counted = this.args.includeNumInputTokensSeen !== 'no';
    const entry = {
      ...logs,
      epoch,
      ...(counted ? { num_input_tokens_seen: numInputTokensSeen, ...tokens } : {}),
      step,
    } as LogEntry;
    this.state.logHistory.push(entry);
    await this.#fire('onLog', { logs: entry });
  }

  /** Writes the model as it is now, without optimizer, under the name `final`; with push_to_hub it is pushed, too. */
  async saveModel(): Promise<void> {
    await (this.args.pushToHub ? this.pushToHub('Model save') : this.#saveFinal());
  }

  /**
   * Saves the model and pushes it, behind what is being pushed. A push that fails is told by `hooks.onWarning`.
   * @throws StudioError E-ARGS without `pusher`.
   */
  async pushToHub(commitMessage = 'End of training'): Promise<void> {
    if (!this.#pushes)
      throw new StudioError('E-ARGS', msg`This Trainer has nothing to push with.`, {
        where: 'pusher, checkpointStore',
        hint: msg`Give pusher, checkpointStore and runId.`,
      });
    await this.#fire('onPushBegin');
    this.#pushes.announceFinal(commitMessage);
    await this.#saveFinal();
    await this.#pushes.finish();
  }

  async #saveFinal(): Promise<void> {
    this.#update?.putWeights('averaged');
    const at = pointAt(this.state, this.weightsStep);
    await this.#requireCheckpoints().saveFinal({ model: this.model, state: this.state, at, resume: null });
  }

  /** The update after which the model's weights were what they are: the last one, or that of the best checkpoint. */
  get weightsStep(): number {
    return this.#bestStepLoaded ?? this.state.globalStep;
  }

  /** Frees the optimizer's memory. The model belongs to whoever made it. */
  dispose(): void {
    this.#evaluator.dispose();
    this.#update?.dispose();
    this.#update = null;
  }

  async #initialize(): Promise<void> {
    if (this.#initialized) return;
    this.#initialized = true;
    await this.#fire('onInitEnd');
  }

  async #rebuild(modelInit: NonNullable<TrainerOptions['modelInit']>): Promise<void> {
    this.dispose();
    this.#model = await modelInit(this.#options.trial ?? null);
  }

  async #startSession(checkpoint: StoredCheckpoint | null, started: number): Promise<TrainingSession> {
    const { trainDataset, dataCollator = new DefaultDataCollator(), hooks } = this.#options;
    if (!trainDataset) throw new StudioError('E-ARGS', msg`There is no training data.`, { where: 'trainDataset' });
    this.#bestStepLoaded = null;
    const { args, model } = this;
    const sampler = trainSampler(trainDataset, { args, model, batchSize: this.#batchSize });
    const loader = dataLoaderFor({
      dataset: trainDataset,
      sampler,
      batchSize: this.#batchSize,
      collator: dataCollator,
      args,
      model,
    });
    this.#trainDataloader = loader;
    const saved = checkpoint && (await readState(checkpoint));
    const position = saved ? resumePosition(saved, loader, args) : RUN_START;
    const steps = resolveSteps(args, loader.length, position.stepOffset);
    if (!this.#update) {
      this.#evaluator.dispose();
      this.#update = makeUpdate(model, this.#options, steps.warmupSteps);
    }
    const update = this.#update;
    const schedule = makeSchedule(this.#options, steps);
    this.#lrScheduler = schedule;
    const { state, schedulerSteps } = await this.#startState(checkpoint, update, schedule);
    this.state = state;
    Object.assign(state, {
      trial: this.#options.trial ?? null,
      maxSteps: steps.maxSteps,
      numTrainEpochs: steps.numTrainEpochs,
      loggingSteps: steps.loggingSteps,
      evalSteps: steps.evalSteps,
      saveSteps: steps.saveSteps,
      trainBatchSize: this.#batchSize,
    });
    return new TrainingSession({
      started,
      args,
      model: this.#modelWithLoss,
      loader,
      position,
      steps,
      schedule,
      state,
      schedulerSteps,
      update,
      storage: storageFor(args),
      onUpdate: (record) => hooks?.onUpdate?.(record),
      onNotReplayed: (reason) => hooks?.onNotReplayed?.(reason),
      onNonFiniteLoss: (place) => hooks?.onNonFiniteLoss?.(place),
    });
  }

  async #startState(
    checkpoint: StoredCheckpoint | null,
    update: OptimizerUpdate,
    schedule: LrSchedule,
  ): Promise<Resumed> {
    if (!checkpoint)
      return { state: { ...createTrainerState(), statefulCallbacks: this.#callbackStates() }, schedulerSteps: 0 };
    const resumed = await this.#requireCheckpoints().resume(checkpoint, { model: this.model, update, schedule });
    if (this.args.restoreCallbackStatesFromCheckpoint) this.#restoreCallbacks(resumed.state.statefulCallbacks);
    return resumed;
  }

  #restoreCallbacks({ TrainerControl: _, ...saved }: TrainerState['statefulCallbacks']): void {
    const strange = this.#handler.restoreStates(saved);
    if (strange.length === 0) return;
    const names = strange.join(', ');
    this.#options.hooks?.onWarning?.(msg`The checkpoint holds the state of ${names}, which this run does not have.`);
  }

  async #resumePoint(from: ResumeFrom): Promise<StoredCheckpoint | null> {
    if (from === false) return null;
    return from === true ? this.#requireCheckpoints().latest() : from;
  }

  /** After a step or an epoch: log, then evaluate, then save, as the flags say. */
  async #logEvaluateSave(session: TrainingSession): Promise<void> {
    const { control, state, args } = this;
    await this.#checkpoints?.waitIfBlocked();
    if (control.shouldLog && state.globalStep > session.losses.lastLoggedStep) await this.#logTraining(session);
    if (control.shouldEvaluate) {
      const metrics = await this.#evaluateInTraining();
      if (args.metricForBestModel !== null)
        session.parts.schedule.metric?.step(decidingMetric(metrics, args.metricForBestModel));
      const isBest = updateBestMetric(metrics, args, state);
      if (args.saveStrategy === 'best') control.shouldSave ||= isBest;
      // HF loads the best *saved* step at the end; a better one that was not saved would be lost.
      else if (isBest && args.loadBestModelAtEnd) control.shouldSave = true;
    }
    if (control.shouldSave) await this.#saveCheckpoint(session);
  }

  async #evaluateInTraining(): Promise<Metrics> {
    const metrics = await this.evaluate();
    await this.#options.hooks?.onEvaluated?.(metrics, this);
    return metrics;
  }

  /** A message of the page gets its turn at every step, also where nothing else waits. */
  async #betweenSteps(session: TrainingSession): Promise<void> {
    await yieldToEventLoop();
    await this.#options.hooks?.betweenSteps?.(() => this.#logEvaluateSave(session));
  }

  async #logTraining(session: TrainingSession): Promise<void> {
    const record = await session.latestRecord();
    const loss = session.losses.takeMean(this.state.globalStep);
    const logs = { loss, grad_norm: record?.gradNorm ?? Number.NaN, learning_rate: session.learningRate };
    const tokens = this.state.numInputTokensSeen - session.tokensBefore;
    await this.#log(logs, tokenMetrics(performance.now() - session.parts.started, tokens));
  }

  async #saveCheckpoint(session: TrainingSession): Promise<void> {
    const { state, args } = this;
    // Everything up to this step must be counted before the state is written down.
    await session.latestRecord();
    state.statefulCallbacks = this.#callbackStates();
    const { update, schedule } = session.parts;
    update.putWeights('averaged');
    const resume = { update, schedule, schedulerSteps: session.schedulerSteps, learningRate: session.learningRate };
    const isPushed = args.pushToHub && this.#pushes?.announceSave(state);
    await this.#requireCheckpoints().save({
      model: this.model,
      state,
      at: pointAt(state, state.globalStep),
      resume: args.saveOnlyModel ? null : resume,
    });
    if (isPushed) await this.#fire('onPushBegin');
    await this.#fire('onSave');
  }

  #callbackStates(): TrainerState['statefulCallbacks'] {
    return { ...this.#handler.exportStates(), TrainerControl: this.control.toState() };
  }

  async #finish(session: TrainingSession, started: number): Promise<TrainOutput> {
    const { state } = this;
    await session.latestRecord();
    session.parts.update.putWeights('averaged');
    const trainingLoss = session.losses.sessionMean(state.globalStep);
    const samples = this.#plannedSamples();
    const metrics: Metrics = {
      ...speedMetrics('train', performance.now() - started, samples, state.maxSteps),
      total_flos: state.totalFlos,
      train_loss: trainingLoss,
      ...this.#memory.stop('train'),
    };
    await this.log(metrics);
    await this.#checkpoints?.flush();
    if (this.#checkpoints && state.bestModelCheckpoint !== null && !this.#options.hooks?.isInterrupted?.())
      await this.#takeBest(this.#checkpoints, state.bestModelCheckpoint);
    await this.#fire('onTrainEnd');
    await this.#pushes?.finish();
    return { globalStep: state.globalStep, trainingLoss, metrics: { ...metrics, epoch: state.epoch } };
  }

  #plannedSamples(): number {
    const { args, state } = this;
    if (args.maxSteps > 0) return state.maxSteps * this.#batchSize * args.gradientAccumulationSteps;
    return this.#options.trainDataset!.length * args.numTrainEpochs;
  }

  /** HF's last acts: the best weights come back, and with save_total_limit 1 only their checkpoint stays. */
  async #takeBest(checkpoints: RunCheckpoints, name: string): Promise<void> {
    const { args, state } = this;
    // Deleted by hand in the meantime: the weights of the last step stay, and the state says so.
    if (args.loadBestModelAtEnd) {
      this.#bestStepLoaded = await checkpoints.loadBest(this.model, name);
      if (this.#bestStepLoaded === null) state.bestModelCheckpoint = null;
    }
    if (args.saveTotalLimit === 1) await checkpoints.keepOnlyBest(name);
  }

  #evaluationLoop(dataset: Dataset, prefix: string, purpose: 'evaluation' | 'prediction'): Promise<EvaluationOutput> {
    this.#update?.putWeights('averaged');
    return this.#evaluator.run(this.#modelWithLoss, dataset, {
      prefix,
      purpose,
      inTraining: this.#isTraining,
      onBatch: (batch, batches) => this.#fire('onPredictionStep', { prediction: { batch, batches } }),
    });
  }

  #requireCheckpoints(): RunCheckpoints {
    if (this.#checkpoints) return this.#checkpoints;
    throw new StudioError('E-ARGS', msg`This Trainer has no store for checkpoints.`, {
      where: 'checkpointStore, runId',
      hint: msg`Give a store and a run id, or set save_strategy to "no".`,
    });
  }

  #fire(event: CallbackEvent, extra: Partial<CallbackContext> = {}): Promise<void> {
    return this.#handler.fire(event, {
      args: this.args,
      state: this.state,
      control: this.control,
      model: this.#model,
      processingClass: this.#options.processingClass ?? null,
      optimizer: this.#update?.optimizer ?? null,
      lrScheduler: this.#lrScheduler,
      trainDataloader: this.#trainDataloader,
      evalDataloader: this.#evaluator.loader,
      ...extra,
    });
  }
}

const isOutOfMemory = (error: unknown): boolean => error instanceof StudioError && error.code === 'E-GPU-MEMORY';

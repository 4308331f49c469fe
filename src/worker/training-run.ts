// One run in training: from its stored record and opened parts to the end, through pauses, full storage and failures.
// It owns the state of the run; the person's commands come in through `commands`.

import type { TaskData } from '#data/tasks/row-task.ts';
import { memoryUse } from '#gpu/memory.ts';
import { toWire } from '#protocol/errors.ts';
import type { HubConnection } from '#protocol/hub-messages.ts';
import type { KernelProfile } from '#protocol/kernel-profile.ts';
import type { LogEntry, RunMeasure, RunProgress } from '#protocol/metrics.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { CheckpointStore, StoredCheckpoint } from '#storage/checkpoint-store.ts';
import { EarlyStoppingCallback } from '#trainer/callbacks/early-stopping-callback.ts';
import type { TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import { changeArguments } from '#trainer/change-arguments.ts';
import { type TrialStart, trialHooks } from '#trainer/search/trial-run.ts';
import type { Trainer } from '#trainer/trainer.ts';
import type { TrainerHooks, TrainerOptions } from '#trainer/trainer-options.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { type BuiltRun, buildTrainer } from './build-trainer.ts';
import { factsOf } from './export-checkpoint.ts';
import { type HotChange, readHotChange } from './hot-change.ts';
import { hubPusher } from './hub-push.ts';
import type { OpenedModel } from './opened-model.ts';
import { RunClock } from './run-clock.ts';
import { RunCommands } from './run-commands.ts';
import { batchSizeText, nonFiniteLossText, pushedText } from './run-notices.ts';
import { RunProfiler } from './run-profiler.ts';
import { type RunRecorder, summarizeCheckpoints } from './run-recorder.ts';

export interface TrainingRunParts {
  readonly recorder: RunRecorder;
  readonly model: OpenedModel;
  readonly data: TaskData;
  readonly args: TrainingArguments;
  /** Changed with what a person changes while the run trains. */
  readonly rawArguments: Record<string, unknown>;
  readonly store: CheckpointStore;
  readonly resumeFrom: StoredCheckpoint | null;
  /** Of a sweep; null: it is none. */
  readonly trial: TrialStart | null;
  /** Where push_to_hub pushes to; null: nothing is pushed. */
  readonly hub: { readonly connection: HubConnection; readonly device: string } | null;
}

export class TrainingRun {
  readonly commands = new RunCommands();
  readonly #parts: TrainingRunParts;
  readonly #clock: RunClock;
  readonly #profiler = new RunProfiler();
  /** Aborted when a person leaves the run as it is. */
  readonly #pushes = new AbortController();
  readonly #earlyStopping: EarlyStoppingCallback | null;
  /** Asked for, and done before the next step. */
  #change: HotChange | null = null;
  #recentLoss: number | null = null;
  #lossScale: number | null = null;
  #evaluation: RunProgress['evaluation'] = null;
  #retryStorage: ((decision: 'retry' | 'skip') => void) | null = null;

  constructor(parts: TrainingRunParts) {
    this.#parts = parts;
    this.#clock = new RunClock(parts.recorder.record.activeMs);
    const { earlyStopping = null } = parts.recorder.record.setup;
    this.#earlyStopping = earlyStopping && new EarlyStoppingCallback(earlyStopping);
  }

  get recorder(): RunRecorder {
    return this.#parts.recorder;
  }

  /** Goes on from a pause, whether the person paused or storage was full. */
  continue(): void {
    this.#retryStorage?.('retry');
    this.commands.continue();
  }

  stop(save: boolean): void {
    if (!save) this.#pushes.abort(new StudioError('E-STATE', msg`The run was stopped.`));
    // What did not fit can not be saved now either: the run ends with the checkpoints it has.
    this.#retryStorage?.('skip');
    this.commands.stop(save && this.#retryStorage === null);
  }

  /** Times the kernels of the next updates. @throws StudioError E-STATE while the run is paused; see `RunProfiler`. */
  profile(updates: number): Promise<KernelProfile> {
    if (this.recorder.record.state.status === 'paused')
      throw new StudioError('E-STATE', msg`The run is paused: there are no updates to time.`, {
        hint: msg`Continue the run, then ask for the profile again.`,
        safe: msg`Nothing was changed.`,
      });
    return this.#profiler.profile(updates);
  }

  /** @throws StudioError E-ARGS when the values can not be. */
  change(changes: Readonly<Record<string, unknown>>): void {
    this.#change = readHotChange(this.recorder.record, { ...this.#change?.changes, ...changes });
    this.commands.wake();
  }

  #applyChange(trainer: Trainer): void {
    if (!this.#change) return;
    const { args, patience, setup, text } = this.#change;
    this.#change = null;
    changeArguments(trainer, args);
    if (patience !== null && this.#earlyStopping) this.#earlyStopping.patience = patience;
    this.recorder.change({ setup });
    Object.assign(this.#parts.rawArguments, setup.trainingArguments);
    this.recorder.notice('info', text, 'change');
  }

  /** Trains to the end or to a stop. A failure becomes the run's state; it is not thrown. */
  async run(): Promise<void> {
    const { recorder } = this.#parts;
    let built: BuiltRun | null = null;
    try {
      recorder.setState({ status: 'preparing', phase: this.#parts.resumeFrom ? 'resuming' : 'loading' });
      built = await this.#build();
      recorder.setState({ status: 'preparing', phase: 'compiling' });
      await this.#train(built.trainer);
    } catch (error) {
      const wire = toWire(error);
      if (wire.code === 'E-GPU-LOST') recorder.notice('error', wire.message, 'device-lost');
      recorder.setState({ status: 'failed', error: wire });
    } finally {
      await this.#profiler.close();
      built?.trainer.dispose();
      built?.network.dispose();
      await recorder.flush().catch((error: unknown) => console.error(msg`the run could not be recorded`, error));
    }
  }

  async #build(): Promise<BuiltRun> {
    const { model, data, args, rawArguments, store, recorder } = this.#parts;
    const built = await buildTrainer({
      model,
      data,
      taskOptions: recorder.record.setup.options,
      peft: recorder.record.setup.peft ?? null,
      adapter: model.adapter,
      onSample: (step, text) => {
        recorder.notice('info', msg`Sample at step ${step}: ${text}`);
        const input = recorder.record.setup.options.samplePrompt;
        recorder.samples([{ step, input, expected: '', output: text, probability: null }]);
      },
      onRowSamples: (samples) => {
        const { step } = recorder.record;
        recorder.samples(samples.map((sample) => ({ step, ...sample })));
      },
      args,
      options: {
        checkpointStore: store,
        runId: recorder.record.runId,
        rawArguments,
        callbacks: [...(this.#earlyStopping ? [this.#earlyStopping] : []), this.#callback(), this.#profiler.callback],
        hooks: this.#parts.trial
          ? trialHooks(
              this.#hooks(() => built.trainer),
              this.#parts.trial,
            )
          : this.#hooks(() => built.trainer),
        ...(this.#parts.trial ? { trial: this.#parts.trial.trial } : {}),
        ...this.#pusher(),
      },
    });
    if (built.fresh.length > 0 && !this.#parts.resumeFrom) {
      recorder.notice('info', msg`New parameters, started from seed ${args.seed}: ${built.fresh.join(', ')}.`);
    }
    if (this.#parts.resumeFrom) {
      const { name, step } = this.#parts.resumeFrom.manifest;
      recorder.notice('info', msg`Resumed from ${name} at step ${step}.`, 'resume');
    }
    if (this.#parts.resumeFrom?.manifest.modelOnly) {
      recorder.notice('warning', msg`This checkpoint holds weights only: the optimizer and the schedule start anew.`);
    }
    return built;
  }

  #pusher(): Pick<TrainerOptions, 'pusher'> {
    const { hub, args, recorder } = this.#parts;
    if (!hub) return {};
    const facts = factsOf(recorder.record, hub.device);
    return { pusher: hubPusher({ args, facts, connection: hub.connection, signal: this.#pushes.signal }) };
  }

  async #train(trainer: Trainer): Promise<void> {
    const { recorder, resumeFrom } = this.#parts;
    await trainer.train(resumeFrom ?? false);
    const stopped = this.commands.stopRequested;
    const { globalStep, maxSteps } = trainer.state;
    this.#sendProgress(trainer, true);
    if (stopped && globalStep < maxSteps) {
      recorder.setState({ status: 'stopped', step: globalStep, saved: stopped.save });
      return;
    }
    recorder.setState({ status: 'finalizing' });
    await (this.#parts.hub ? trainer.pushToHub() : trainer.saveModel());
    recorder.setState({ status: 'completed' });
  }

  #hooks(trainer: () => Trainer): TrainerHooks {
    const { recorder, store } = this.#parts;
    return {
      onUpdate: (record) => {
        this.#recentLoss = record.losses.reduce((sum, loss) => sum + loss, 0);
        this.#lossScale = this.#parts.args.fp16 ? record.lossScale : null;
        if (record.skipped)
          recorder.notice(
            'warning',
            msg`Step ${record.step} overflowed in half precision and was skipped; the loss scale is now ${record.lossScale}.`,
            'skipped',
          );
      },
      onNonFiniteLoss: (place) => recorder.notice('error', nonFiniteLossText(place), 'not-finite'),
      onWarning: (message) => recorder.notice('warning', message),
      onPushed: (pushed) => recorder.notice('info', pushedText(pushed)),
      onBatchSize: (change) => recorder.notice('warning', batchSizeText(change)),
      onNotReplayed: (reason) =>
        recorder.notice('info', msg`Steps of this run can not be replayed, which makes them slower: ${reason}.`),
      betweenSteps: (act) => {
        this.#applyChange(trainer());
        return this.commands.betweenSteps(trainer().control, act, {
          onPause: () => {
            this.#clock.pause();
            this.#sendProgress(trainer(), true);
            recorder.setState({ status: 'paused', reason: 'user' });
            recorder.notice('info', msg`Paused.`, 'pause');
          },
          onContinue: () => {
            this.#applyChange(trainer());
            this.#clock.start();
            recorder.setState({ status: 'training' });
          },
        });
      },
      isInterrupted: () =>
        this.commands.stopRequested !== null && trainer().state.globalStep < trainer().state.maxSteps,
      onStored: async (manifest) => {
        recorder.checkpoints(summarizeCheckpoints(await store.list(manifest.runId)));
      },
      onStorageFull: (error) => this.#askForRoom(error),
    };
  }

  async #askForRoom(error: StudioError): Promise<'retry' | 'skip'> {
    const { recorder } = this.#parts;
    this.#clock.pause();
    recorder.setState({ status: 'paused', reason: 'storage-full', error: toWire(error) });
    const decision = await new Promise<'retry' | 'skip'>((resolve) => {
      this.#retryStorage = resolve;
    });
    this.#retryStorage = null;
    this.#clock.start();
    recorder.setState({ status: 'training' });
    return decision;
  }

  #callback(): TrainerCallback {
    const { recorder, args } = this.#parts;
    const samples = args.perDeviceTrainBatchSize * args.gradientAccumulationSteps;
    return {
      name: 'StudioCallback',
      onTrainBegin: () => {
        this.#clock.start();
        recorder.setState({ status: 'training' });
      },
      onStepEnd: ({ state }) => {
        this.#clock.stepEnds(samples);
        this.#sendProgress({ state, args }, false);
      },
      onEpochEnd: ({ control }) => {
        if (!this.commands.stopRequested) return;
        // What was asked for with the stop is done; the strategies of an epoch's end must not add to it.
        control.shouldEvaluate = false;
        control.shouldSave = false;
      },
      onPredictionStep: ({ state, prediction }) => {
        if (!this.#evaluation) {
          this.#clock.evaluationBegins();
          recorder.setState({ status: 'evaluating' });
        }
        this.#evaluation = prediction ?? null;
        this.#sendProgress({ state, args }, false);
      },
      onEvaluate: () => {
        this.#clock.evaluationEnds();
        this.#evaluation = null;
        recorder.setState({ status: 'training' });
      },
      onLog: ({ logs }) => {
        const entry = logs as LogEntry;
        recorder.log(entry);
        if (entry['loss'] !== undefined) recorder.measure(this.#measureAt(entry));
      },
      onSave: ({ state }) => {
        const isBest = state.bestGlobalStep === state.globalStep;
        recorder.notice('info', msg`Saving checkpoint-${state.globalStep}.`, isBest ? 'best' : 'save');
      },
    };
  }

  #measureAt({ step, epoch }: LogEntry): RunMeasure {
    return {
      step,
      epoch,
      at: Date.now(),
      activeMs: this.#clock.activeMs,
      lossScale: this.#lossScale,
      samplesPerSecond: this.#clock.samplesPerSecond,
      gpuBytes: memoryUse().allocatedBytes,
    };
  }

  #sendProgress({ state, args }: Pick<Trainer, 'state' | 'args'>, due: boolean): void {
    const steps = state.maxSteps - state.globalStep;
    const perEvaluation =
      args.evalStrategy === 'steps' ? state.evalSteps : state.maxSteps / Math.max(1, state.numTrainEpochs);
    const evaluations = args.evalStrategy === 'no' ? 0 : Math.ceil(steps / perEvaluation);
    const progress: RunProgress = {
      step: state.globalStep,
      maxSteps: state.maxSteps,
      epoch: state.epoch,
      numTrainEpochs: state.numTrainEpochs,
      sessionMs: this.#clock.sessionMs,
      activeMs: this.#clock.activeMs,
      remainingMs: this.#clock.remaining({ steps, evaluations }),
      samplesPerSecond: this.#clock.samplesPerSecond,
      gpuBytes: memoryUse().allocatedBytes,
      evaluation: this.#evaluation,
      recentLoss: this.#recentLoss,
    };
    this.#parts.recorder.setProgress(progress, due || state.globalStep >= state.maxSteps);
  }
}

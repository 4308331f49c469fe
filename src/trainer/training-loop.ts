// The loop itself: epochs, updates, micro-batches, and the events between them. It decides nothing: callbacks set
// flags, and `Host` acts on them.

import type { CallbackEvent } from './callbacks/trainer-callback.ts';
import type { TrainerControl } from './trainer-control.ts';
import type { TrainingSession } from './training-session.ts';

/** What the loop asks of the Trainer. */
export interface LoopHost {
  readonly control: TrainerControl;
  fire(event: CallbackEvent): Promise<void>;
  /** Logs, evaluates and saves where the flags say so. */
  logEvaluateSave(session: TrainingSession): Promise<void>;
  evaluateAtStart(): Promise<void>;
  /** After an update and all that was due with it. */
  betweenSteps(): Promise<void>;
}

export async function trainingLoop(session: TrainingSession, host: LoopHost): Promise<void> {
  const { args, state, steps } = session.parts;
  await host.fire('onTrainBegin');
  if (args.evalOnStart) await host.evaluateAtStart();
  const firstEpoch = Math.floor(state.globalStep / steps.stepsPerEpoch);
  const skipped = args.ignoreDataSkip ? 0 : state.globalStep % steps.stepsPerEpoch;
  for (let epoch = firstEpoch; epoch < steps.numTrainEpochs; epoch++) {
    if (state.globalStep >= steps.maxSteps) break;
    await host.fire('onEpochBegin');
    await runEpoch(session, host, epoch, epoch === firstEpoch ? skipped : 0);
    await host.fire('onEpochEnd');
    await host.logEvaluateSave(session);
    if (host.control.shouldTrainingStop) break;
  }
}

async function runEpoch(session: TrainingSession, host: LoopHost, epoch: number, firstUpdate: number): Promise<void> {
  for (let u = firstUpdate; u < session.parts.steps.stepsPerEpoch; u++) {
    await runUpdate(session, host, epoch, u);
    if (host.control.shouldEpochStop || host.control.shouldTrainingStop) return;
  }
}

async function runUpdate(session: TrainingSession, host: LoopHost, epoch: number, u: number): Promise<void> {
  const { args, state, loader } = session.parts;
  const batches = session.microBatches(epoch, u);
  await host.fire('onStepBegin');
  for (const [micro, batch] of batches.entries()) {
    session.trainingStep(batch, micro, batches);
    if (micro < batches.length - 1) await host.fire('onSubstepEnd');
  }
  await host.fire('onPreOptimizerStep');
  await session.optimizerStep();
  await host.fire('onOptimizerStep');
  session.gradients.clear();
  state.globalStep += 1;
  state.epoch = epoch + (u * args.gradientAccumulationSteps + batches.length) / loader.length;
  await host.fire('onStepEnd');
  await host.logEvaluateSave(session);
  await host.betweenSteps();
}

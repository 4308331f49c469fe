// The loop itself: epochs, updates, micro-batches, and the events between them. It decides nothing: callbacks set
// flags, and `Host` acts on them.

import type { Batch } from '#util/nd-array.ts';
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
  const { args, state, steps, position } = session.parts;
  await host.fire('onTrainBegin');
  if (args.evalOnStart) await host.evaluateAtStart();
  for (let epoch = position.epoch; epoch < steps.numTrainEpochs; epoch++) {
    if (state.globalStep >= steps.maxSteps) break;
    await host.fire('onEpochBegin');
    await runEpoch(session, host, epoch, epoch === position.epoch ? position.row : 0);
    await host.fire('onEpochEnd');
    await host.logEvaluateSave(session);
    if (host.control.shouldTrainingStop) break;
  }
}

/** @param firstRow rows of the epoch that are done. */
async function runEpoch(session: TrainingSession, host: LoopHost, epoch: number, firstRow: number): Promise<void> {
  const { loader: whole, args, state } = session.parts;
  const loader = whole.startingAt(firstRow);
  // In batches; a fraction where the rows done are no whole batches of this size.
  const done = firstRow / loader.batchSize;
  const updates = Math.ceil(loader.length / args.gradientAccumulationSteps);
  for (let u = 0; u < updates; u++) {
    const batches = session.microBatches(loader, epoch, u);
    await runUpdate(session, host, batches, () => {
      const finished = u * args.gradientAccumulationSteps + batches.length;
      state.epoch = epoch + (done + finished) / (done + loader.length);
    });
    if (host.control.shouldEpochStop || host.control.shouldTrainingStop) return;
  }
}

async function runUpdate(
  session: TrainingSession,
  host: LoopHost,
  batches: readonly Batch[],
  countEpoch: () => void,
): Promise<void> {
  const { state } = session.parts;
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
  countEpoch();
  await host.fire('onStepEnd');
  await host.logEvaluateSave(session);
  await host.betweenSteps();
}

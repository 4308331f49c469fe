// What a Trainer refuses at construction, as HF does, in words that say what to change.

import type { Dataset } from '#data/dataset.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { TrainerOptions } from './trainer-options.ts';

export const isDataset = (data: Dataset | Readonly<Record<string, Dataset>>): data is Dataset =>
  typeof data.get === 'function' && typeof data.length === 'number';

/** @throws StudioError E-ARGS for the first contradiction. */
export function checkTrainerOptions({
  model,
  modelInit,
  args,
  evalDataset,
  optimizers,
  checkpointStore,
  runId,
  pusher,
}: TrainerOptions): void {
  if (!model === !modelInit) refuse(msg`Give exactly one of model and modelInit.`, 'model, modelInit');
  if (optimizers && modelInit)
    refuse(msg`optimizers and modelInit exclude each other: each train() makes a new model.`, 'optimizers');
  if (args.evalStrategy !== 'no' && !evalDataset) {
    refuse(
      msg`eval_strategy is "${args.evalStrategy}", but there is no evaluation data.`,
      'eval_strategy',
      msg`Give a validation file, hold rows out, or set eval_strategy to "no".`,
    );
  }
  const needsMetric = args.saveStrategy === 'best' || args.loadBestModelAtEnd;
  if (needsMetric && args.metricForBestModel === null)
    refuse(msg`The best model needs metric_for_best_model.`, 'metric_for_best_model');
  if (args.saveStrategy !== 'no' && (!checkpointStore || !runId)) {
    refuse(
      msg`save_strategy is "${args.saveStrategy}", but this Trainer has nowhere to save.`,
      'save_strategy',
      msg`Give checkpointStore and runId, or set save_strategy to "no".`,
    );
  }
  if (args.pushToHub && !pusher)
    refuse(
      msg`push_to_hub is on, but this Trainer has nothing to push with.`,
      'push_to_hub',
      msg`Give pusher, or turn it off.`,
    );
}

function refuse(message: string, where: string, hint?: string): never {
  throw new StudioError('E-ARGS', message, { where, ...(hint ? { hint } : {}), safe: msg`Nothing was started.` });
}

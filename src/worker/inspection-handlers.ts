// Handlers of the requests that look behind the numbers of a run: the rows of a step, the examples of an evaluation.

import { collatorFor } from '#data/tasks/collator-for.ts';
import type { FeatureCache } from '#data/tasks/feature-cache.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { Requests } from '#protocol/messages.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { batchRows } from './batch-rows.ts';
import { describeRun } from './describe-run.ts';
import type { OpenedData } from './open-data.ts';
import type { OpenedModel } from './opened-model.ts';
import type { Predictor } from './predict.ts';
import { prepareOpened } from './prepare-task.ts';
import { parsedArguments } from './run-arguments.ts';
import { scoreExamples } from './score-examples.ts';

type Handlers = {
  readonly [T in 'run/batch' | 'checkpoint/examples']: (
    params: Requests[T]['params'],
  ) => Promise<Requests[T]['result']>;
};

/** What the handlers need of the studio. */
export interface InspectionSurroundings {
  readonly record: (runId: RunId) => Promise<RunRecord>;
  readonly checkpoint: (
    runId: RunId,
    checkpointId: CheckpointId,
  ) => Promise<{ readonly stored: StoredCheckpoint; readonly record: RunRecord }>;
  readonly modelOfRun: (record: RunRecord) => Promise<OpenedModel>;
  readonly dataOfRun: (record: RunRecord) => Promise<OpenedData>;
  /** Where tokenized files are kept. */
  readonly features: (model: OpenedModel, data: OpenedData) => Promise<FeatureCache>;
  readonly predictor: Predictor;
}

export function inspectionHandlers(studio: InspectionSurroundings): Handlers {
  const partsOf = async (record: RunRecord) => {
    const model = await studio.modelOfRun(record);
    const opened = await studio.dataOfRun(record);
    const features = await studio.features(model, opened);
    const data = await prepareOpened({ setup: record.setup, model, data: opened, features });
    const { args } = parsedArguments(record.setup);
    const collator = collatorFor(data, model.tokenizer, record.setup.options, args.dataSeed ?? args.seed);
    return { model, data, args, collator };
  };
  return {
    'run/batch': async ({ runId, step }) => {
      const record = await studio.record(runId);
      const { model, data, args, collator } = await partsOf(record);
      const { network } = describeRun(model, data, record.setup.peft ?? null);
      return batchRows(step, { data, args, model: network, collator, tokenizer: model.tokenizer });
    },
    'checkpoint/examples': async ({ runId, checkpointId }) => {
      const { stored, record } = await studio.checkpoint(runId, checkpointId);
      const { model, data, collator } = await partsOf(record);
      return studio.predictor.withNetwork(stored, record, model, (network) =>
        scoreExamples(network, data, {
          collator: collator.forEvaluation?.() ?? collator,
          tokenizer: model.tokenizer,
        }),
      );
    },
  };
}

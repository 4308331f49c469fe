// The handler of the request that takes a run to Python.

import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { Requests } from '#protocol/messages.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { checkpointEntries, factsOf, slug, writeZip } from './export-checkpoint.ts';
import type { OpenedData } from './open-data.ts';
import type { OpenedModel } from './opened-model.ts';
import { sourceOf } from './prepare-task.ts';
import { exportFolder } from './python-export/export-folder.ts';

const REQUEST = 'checkpoint/continue-elsewhere';
type Request = Requests[typeof REQUEST];

/** What the handler needs of the studio. */
export interface ContinueElsewhereSurroundings {
  readonly checkpoint: (
    runId: RunId,
    checkpointId: CheckpointId,
  ) => Promise<{ readonly stored: StoredCheckpoint; readonly record: RunRecord; readonly device: string }>;
  readonly modelOfRun: (record: RunRecord) => Promise<OpenedModel>;
  readonly dataOfRun: (record: RunRecord) => Promise<OpenedData>;
}

export function continueElsewhereHandlers({ checkpoint, modelOfRun, dataOfRun }: ContinueElsewhereSurroundings): {
  readonly [REQUEST]: (params: Request['params']) => Promise<Request['result']>;
} {
  return {
    [REQUEST]: async ({ runId, checkpointId, target }) => {
      const { stored, record, device } = await checkpoint(runId, checkpointId);
      const { name, setup } = record;
      const [model, data] = [await modelOfRun(record), await dataOfRun(record)];
      const checkpointFiles = await checkpointEntries(stored, factsOf(record, device));
      const entries = await exportFolder({
        name,
        task: setup.task,
        source: sourceOf({ setup, model, data }),
        model,
        peft: setup.peft ?? null,
        rawArguments: setup.trainingArguments,
        earlyStopping: setup.earlyStopping ?? null,
        from: {
          name: stored.manifest.name,
          hasOptimizer: checkpointFiles.some((entry) => entry.name === 'optimizer.pt'),
          entries: checkpointFiles,
        },
      });
      return writeZip(entries, `${slug(name)}-${stored.manifest.name}-continued`, target);
    },
  };
}

// Tries a checkpoint on typed text: probabilities per label. The model of the last checkpoint tried stays loaded.

import { DataCollatorWithPadding } from '#data/collators/data-collator-with-padding.ts';
import type { TaskModel } from '#models/task-model.ts';
import { ForwardSteps } from '#nn/forward-steps.ts';
import { disposeTensors, readNdArray } from '#nn/tensor-access.ts';
import type { Prediction, ProblemType } from '#protocol/messages.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { loadModelWeights } from '#trainer/checkpoint-contents.ts';
import { describeModel } from './build-trainer.ts';
import type { OpenedModel } from './opened-model.ts';

export interface PredictionInput {
  readonly text: string;
  readonly textPair?: string | undefined;
}

interface Loaded {
  readonly checkpoint: string;
  readonly network: TaskModel;
}

export class Predictor {
  #loaded: Loaded | null = null;

  async predict(
    stored: StoredCheckpoint,
    record: RunRecord,
    model: OpenedModel,
    inputs: readonly PredictionInput[],
  ): Promise<Prediction[]> {
    const network = await this.#network(stored, record, model);
    const encodings = inputs.map(({ text, textPair }) =>
      model.tokenizer.encode(text, textPair ?? null, { maxLength: record.setup.maxLength }),
    );
    const batch = new DataCollatorWithPadding({ tokenizer: model.tokenizer }).collate(encodings as never);
    const steps = new ForwardSteps(network, { storage: 'f32', labelSmoothing: 0 });
    const output = steps.run(batch);
    steps.dispose();
    const { data, shape } = await readNdArray(output.logits!);
    disposeTensors([output.logits!]);
    const width = shape[1]!;
    return encodings.map((encoding, row) => ({
      scores: scoresOf(Array.from(data.subarray(row * width, (row + 1) * width)), record.problemType),
      labels: record.labels,
      tokens: tokensOf(model.tokenizer, encoding.input_ids),
    }));
  }

  /** Frees the loaded model, as when its checkpoint or run was deleted. */
  forget(): void {
    this.#loaded?.network.dispose();
    this.#loaded = null;
  }

  async #network(stored: StoredCheckpoint, record: RunRecord, model: OpenedModel): Promise<TaskModel> {
    const checkpoint = stored.manifest.checkpointId;
    if (this.#loaded?.checkpoint === checkpoint) return this.#loaded.network;
    this.forget();
    const { model: network } = describeModel(model, { ...record, task: record.setup.task });
    await loadModelWeights(network, stored);
    this.#loaded = { checkpoint, network };
    return network;
  }
}

const tokensOf = (tokenizer: PreTrainedTokenizer, ids: readonly number[]): string[] => tokenizer.tokens(ids);

/** Softmax, independent sigmoids, or the value itself. */
function scoresOf(logits: readonly number[], problemType: ProblemType): number[] {
  switch (problemType) {
    case 'single_label_classification': {
      const top = Math.max(...logits);
      const exps = logits.map((logit) => Math.exp(logit - top));
      const sum = exps.reduce((total, value) => total + value, 0);
      return exps.map((value) => value / sum);
    }
    case 'multi_label_classification':
      return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
    case 'regression':
      return [...logits];
    default:
      return problemType satisfies never;
  }
}

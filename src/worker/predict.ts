// Tries a checkpoint on typed text. The model of the last checkpoint tried stays loaded.

import { DataCollatorWithPadding } from '#data/collators/data-collator-with-padding.ts';
import { ForwardSteps } from '#nn/forward-steps.ts';
import { disposeTensors, readNdArray } from '#nn/tensor-access.ts';
import type { Prediction } from '#protocol/messages.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { loadModelWeights } from '#trainer/checkpoint-contents.ts';
import type { Batch } from '#util/nd-array.ts';
import { describeRun, loadRun, type RunNetwork } from './describe-run.ts';
import type { OpenedModel } from './opened-model.ts';
import { type Interpreter, interpreterFor, type PredictionInput } from './predictions.ts';
import { parsedArguments } from './run-arguments.ts';
import { type GenerationRequest, writeText } from './write-text.ts';

/** Models that stay loaded: a comparison goes from one to the next and back. */
const KEPT = 3;

export class Predictor {
  /** By checkpoint, or run for its first weights; the latest used last. */
  readonly #loaded = new Map<string, RunNetwork>();

  async predict(
    stored: StoredCheckpoint | null,
    record: RunRecord,
    model: OpenedModel,
    inputs: readonly PredictionInput[],
  ): Promise<Prediction[]> {
    const interpreters = inputs.map((input) => interpreterFor(input, record, model.tokenizer));
    const network = await this.#network(stored, record, model);
    const steps = new ForwardSteps(network, { storage: 'f32', labelSmoothing: 0 });
    const predictions: Prediction[] = [];
    for (const interpreter of interpreters) predictions.push(await run(interpreter, steps, model));
    steps.dispose();
    return predictions;
  }

  /** Writes on from a prompt. @param onText told the text so far; answers false to stop. */
  async generate(
    stored: StoredCheckpoint | null,
    record: RunRecord,
    model: OpenedModel,
    request: GenerationRequest,
    onText: (text: string) => boolean,
  ): Promise<{ text: string; tokens: number }> {
    const network = await this.#network(stored, record, model);
    return writeText(network, model.tokenizer, request, onText);
  }

  /** Lends the loaded model of a checkpoint. */
  async withNetwork<T>(
    stored: StoredCheckpoint,
    record: RunRecord,
    model: OpenedModel,
    use: (network: RunNetwork) => Promise<T>,
  ): Promise<T> {
    return use(await this.#network(stored, record, model));
  }

  /** Frees the loaded models, as when a checkpoint or run was deleted. */
  forget(): void {
    for (const network of this.#loaded.values()) network.dispose();
    this.#loaded.clear();
  }

  /** @param stored null: the weights that the run began with. */
  async #network(stored: StoredCheckpoint | null, record: RunRecord, model: OpenedModel): Promise<RunNetwork> {
    const key = stored?.manifest.checkpointId ?? record.runId;
    const known = this.#loaded.get(key);
    this.#loaded.delete(key);
    const network = known ?? (await loadNetwork(stored, record, model));
    this.#loaded.set(key, network);
    if (this.#loaded.size > KEPT) {
      const [oldest] = this.#loaded.keys();
      this.#loaded.get(oldest!)!.dispose();
      this.#loaded.delete(oldest!);
    }
    return network;
  }
}

async function loadNetwork(
  stored: StoredCheckpoint | null,
  record: RunRecord,
  model: OpenedModel,
): Promise<RunNetwork> {
  const peft = record.setup.peft ?? null;
  const described = describeRun(model, { ...record, task: record.setup.task }, peft);
  const { network } = described;
  // The frozen weights of an adapter are the model's own; all others come from the checkpoint.
  if (peft || !stored) {
    const { args } = parsedArguments(record.setup);
    await loadRun(described, model, { seed: args.seed, storage: 'f32', adapter: model.adapter });
  }
  if (stored) await loadModelWeights(network, stored);
  return network;
}

async function run({ encodings, read }: Interpreter, steps: ForwardSteps, { tokenizer }: OpenedModel) {
  // Only what the model reads: an encoding may also say where its words stand.
  const features = encodings.map(({ input_ids, attention_mask, token_type_ids }) => ({
    input_ids,
    attention_mask,
    ...(token_type_ids && { token_type_ids }),
  }));
  const batch: Batch = new DataCollatorWithPadding({ tokenizer }).collate(features);
  const { logits } = steps.run(batch);
  const array = await readNdArray(logits!);
  disposeTensors([logits!]);
  return read(array);
}

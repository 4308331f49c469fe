// A model of which only low-rank adapters, and layers that are saved whole, are trained, as PEFT's PeftModel with LoRA. The
// rest is frozen: it has no gradients and no optimizer state, and lies in half precision where the run computes so.

import type { ComputeStorage } from '#nn/forward-context.ts';
import type { Linear } from '#nn/linear.ts';
import { type LoraOptions, LoraPair } from '#nn/lora-pair.ts';
import type { Parameter } from '#nn/parameter.ts';
import type { ForwardOptions, ModelOutput, TrainableModel } from '#nn/trainable-model.ts';
import type { Batch } from '#util/nd-array.ts';
import { TorchRandom } from '#util/torch-random.ts';
import type { JsonObject } from '../pretrained-config.ts';
import type { TaskModel } from '../task-model.ts';
import type { LoraTargets } from './lora-targets.ts';

export interface PeftOptions extends LoraOptions {
  /** adapter_config.json. */
  readonly adapterConfig: JsonObject;
}

/** What PEFT puts before the names of a model's weights. */
export const PEFT_PREFIX = 'base_model.model.';

export class PeftModel implements TrainableModel {
  readonly acceptsLossKwargs = true;
  readonly weightsFile = 'adapter_model.safetensors';
  readonly configFile = 'adapter_config.json';
  readonly base: TaskModel;
  readonly #pairs: LoraPair[] = [];
  readonly #parameters = new Map<string, Parameter>();
  readonly #config: JsonObject;

  /** @param base belongs to this model from here on; `start` is called when its weights are loaded. */
  constructor(base: TaskModel, targets: LoraTargets, options: PeftOptions) {
    this.base = base;
    this.#config = options.adapterConfig;
    for (const path of base.namedModules().keys()) {
      const linear = targets.adapted.get(path);
      if (linear) this.#adapt(path, linear, options);
      for (const [name, parameter] of targets.saved.get(path)?.namedParameters(`${path}.`) ?? [])
        this.#parameters.set(PEFT_PREFIX + name, parameter);
    }
  }

  #adapt(path: string, linear: Linear, options: LoraOptions): void {
    const pair = new LoraPair(linear.inFeatures, linear.outFeatures, options);
    linear.lora = pair;
    this.#pairs.push(pair);
    this.#parameters.set(`${PEFT_PREFIX}${path}.lora_A.weight`, pair.a);
    this.#parameters.set(`${PEFT_PREFIX}${path}.lora_B.weight`, pair.b);
  }

  /**
   * A starts as torch's Linear does, uniform within 1/√in; B at zero, so that nothing changes at first. What is not trained
   * is frozen.
   * @param storage of the frozen weights.
   */
  start(seed: number, storage: ComputeStorage): void {
    const random = new TorchRandom(seed);
    for (const { a, b } of this.#pairs) {
      const bound = 1 / Math.sqrt(a.shape[1]!);
      a.load(Float32Array.from({ length: a.size }, () => (2 * random.uniform() - 1) * bound));
      b.load(new Float32Array(b.size));
    }
    const trained = new Set(this.#parameters.values());
    for (const parameter of this.base.namedParameters().values())
      if (!trained.has(parameter)) parameter.freeze(storage);
  }

  /** Those that are trained, under the names of PEFT's files. */
  namedParameters(): ReadonlyMap<string, Parameter> {
    return this.#parameters;
  }

  forward(batch: Batch, options: ForwardOptions): ModelOutput {
    return this.base.forward(batch, options);
  }

  bucket(batch: Batch): Batch {
    return this.base.bucket(batch);
  }

  itemsIn(batch: Batch): number {
    return this.base.itemsIn(batch);
  }

  get lossIsPerToken(): boolean {
    return this.base.lossIsPerToken;
  }

  /** As HF counts: adapters too, and twice what is trained as a whole, of which PEFT keeps the original. */
  floatingPointOperations(batch: Batch): number {
    const added = [...this.#parameters.values()].reduce((sum, { size }) => sum + size, 0);
    return this.base.floatingPointOperations(batch) + 6 * (batch['input_ids']?.data.length ?? 0) * added;
  }

  get shape() {
    return this.base.shape;
  }

  get inputNames(): readonly string[] {
    return this.base.inputNames;
  }

  get labelNames(): readonly string[] {
    return this.base.labelNames;
  }

  configJson(): JsonObject {
    return this.#config;
  }

  dispose(): void {
    for (const parameter of this.#parameters.values()) parameter.dispose();
    this.base.dispose();
  }
}

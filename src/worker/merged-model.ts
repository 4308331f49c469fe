// A whole model out of its files and a trained adapter, tensor by tensor.

import type { TaskHead } from '#models/auto-model.ts';
import { mergedParameter } from '#models/peft/merge-adapter.ts';
import { type LoraConfig, scalingOf } from '#protocol/lora-config.ts';
import type { StoredCheckpoint, TensorSource } from '#storage/checkpoint-store.ts';
import { describeRun } from './describe-run.ts';
import type { OpenedModel } from './opened-model.ts';

export interface MergedModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly TensorSource[];
}

const ADAPTER_FILE = 'adapter_model.safetensors';

export function mergedModel(
  model: OpenedModel,
  head: TaskHead,
  peft: LoraConfig,
  adapter: StoredCheckpoint,
): MergedModel {
  const { prepared } = describeRun(model, head, null);
  const names = new Set(adapter.manifest.tensors.filter(({ file }) => file === ADAPTER_FILE).map(({ name }) => name));
  const tensors = {
    has: (name: string) => names.has(name),
    read: async (name: string) => new Float32Array((await adapter.readTensor(ADAPTER_FILE, name)).buffer),
  };
  const readBase = async (name: string): Promise<Float32Array | null> => {
    const found = prepared.plan.found.get(name);
    return found === undefined ? null : model.weights.readFloat32(found);
  };
  const scaling = scalingOf(peft);
  return {
    config: prepared.model.configJson(),
    tensors: [...prepared.parameters].map(([name, { shape, size }]) => ({
      file: 'model.safetensors',
      name,
      dtype: 'F32' as const,
      shape,
      byteLength: 4 * size,
      async *chunks() {
        const values = await mergedParameter(prepared.model, name, readBase, tensors, scaling);
        yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      },
    })),
  };
}

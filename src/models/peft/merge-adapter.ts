// The weights of a whole model with an adapter worked into them: W + scaling · B·A.

import { Linear } from '#nn/linear.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { TaskModel } from '../task-model.ts';
import { PEFT_PREFIX } from './peft-model.ts';

export interface AdapterTensors {
  has(name: string): boolean;
  /** f32, row-major. */
  read(name: string): Promise<Float32Array>;
}

/**
 * @param base the model without its weights: names, shapes and layouts are taken from it.
 * @param name of one of its parameters.
 * @param readBase the values that the adapter was trained on top of; null where the model's files lack the parameter.
 * @returns f32 values of the merged model.
 */
export async function mergedParameter(
  base: TaskModel,
  name: string,
  readBase: (name: string) => Promise<Float32Array | null>,
  adapter: AdapterTensors,
  scaling: number,
): Promise<Float32Array> {
  const whole = `${PEFT_PREFIX}${name}`;
  if (adapter.has(whole)) return adapter.read(whole);
  const values = await readBase(name);
  if (!values) {
    throw new StudioError('E-CHECKPOINT', msg`Neither the model nor the adapter holds ${name}.`, {
      where: name,
      hint: msg`The adapter belongs to another model.`,
      safe: msg`Nothing was changed.`,
    });
  }
  const path = name.replace(/\.weight$/, '');
  const [a, b] = ['A', 'B'].map((which) => `${PEFT_PREFIX}${path}.lora_${which}.weight`) as [string, string];
  const map = base.namedModules().get(path);
  if (!name.endsWith('.weight') || !(map instanceof Linear) || !adapter.has(a)) return values;
  return addProduct(values, await adapter.read(b), await adapter.read(a), map, scaling);
}

/** Sums in float64, so that what is merged is as good as what is not. */
function addProduct(
  weight: Float32Array,
  b: Float32Array,
  a: Float32Array,
  { inFeatures, outFeatures, layout }: Linear,
  scaling: number,
): Float32Array {
  const rank = a.length / inFeatures;
  const merged = Float32Array.from(weight);
  const row = new Float64Array(inFeatures);
  for (let out = 0; out < outFeatures; out++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = b[out * rank + k]! * scaling;
      for (let i = 0; i < inFeatures; i++) row[i]! += factor * a[k * inFeatures + i]!;
    }
    for (let i = 0; i < inFeatures; i++) {
      const at = layout === 'out-in' ? out * inFeatures + i : i * outFeatures + out;
      merged[at] = weight[at]! + row[i]!;
    }
  }
  return merged;
}

// Fills a model's parameters from weight files, and starts the rest as HF does, from the seed.

import type { WeightFiles } from '#formats/weight-files.ts';
import type { Parameter } from '#nn/parameter.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { TorchNormal } from '#util/torch-normal.ts';

export interface WeightPlan {
  /** Parameter name to tensor name in the files. */
  readonly found: ReadonlyMap<string, string>;
  /** Parameters that no file holds, in model order: they start fresh. */
  readonly fresh: readonly string[];
  /** Tensors of the files that this model does not use. */
  readonly unused: readonly string[];
}

/** Where else a parameter may be found: without the base model's prefix, or under TensorFlow's old norm names. */
function candidates(name: string, basePrefix: string): string[] {
  const names = name.startsWith(basePrefix) ? [name, name.slice(basePrefix.length)] : [name];
  return names.flatMap((each) => [
    each,
    each.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
  ]);
}

export interface PlanOptions {
  /** What the base model's names begin with; the files may leave it out. */
  readonly basePrefix: string;
  /** Which parameters may be missing: a new head, or a pooler. Any other one missing is an error. */
  readonly mayBeFresh: (name: string) => boolean;
  /** Which parameters give way to new ones where the files have them in another size: a head made for other labels. */
  readonly isReplaceable: (name: string) => boolean;
}

/**
 * Matches parameters to tensors before anything is loaded.
 * @throws StudioError E-MODEL-WEIGHTS naming missing tensors, or a tensor of another shape.
 */
export function planWeights(
  parameters: ReadonlyMap<string, Parameter>,
  weights: WeightFiles,
  { basePrefix, mayBeFresh, isReplaceable }: PlanOptions,
): WeightPlan {
  const found = new Map<string, string>();
  const fresh: string[] = [];
  for (const [name, { shape }] of parameters) {
    const tensor = candidates(name, basePrefix).find((candidate) => weights.has(candidate));
    const fits = tensor !== undefined && hasShape(shape, weights.shapeOf(tensor));
    if (tensor === undefined || (!fits && isReplaceable(name))) fresh.push(name);
    else found.set(name, tensor);
  }
  const missing = fresh.filter((name) => !mayBeFresh(name));
  if (missing.length > 0) throw missingError(missing);
  for (const [name, tensor] of found) checkShape(tensor, parameters.get(name)!.shape, weights.shapeOf(tensor));
  const used = new Set(found.values());
  return { found, fresh, unused: weights.names.filter((name) => !used.has(name)) };
}

/** Loads what was found; starts the rest from `torch.manual_seed(seed)` in model order. */
export async function loadWeights(
  parameters: ReadonlyMap<string, Parameter>,
  weights: WeightFiles,
  plan: WeightPlan,
  { seed, initializerRange }: { seed: number; initializerRange: number },
): Promise<void> {
  const normal = new TorchNormal(seed);
  for (const [name, parameter] of parameters) {
    const tensor = plan.found.get(name);
    parameter.load(
      tensor === undefined ? initialize(parameter, normal, initializerRange) : await weights.readFloat32(tensor),
    );
  }
}

function initialize(parameter: Parameter, normal: TorchNormal, range: number): Float32Array {
  const { initializer } = parameter;
  if (typeof initializer === 'object') return normal.fill(parameter.size, 0, initializer.std);
  switch (initializer) {
    case 'normal':
      return normal.fill(parameter.size, 0, range);
    case 'zeros':
      return new Float32Array(parameter.size);
    case 'ones':
      return new Float32Array(parameter.size).fill(1);
    default:
      return initializer satisfies never;
  }
}

const hasShape = (expected: readonly number[], actual: readonly number[]): boolean =>
  expected.length === actual.length && expected.every((n, i) => n === actual[i]);

function checkShape(tensor: string, expected: readonly number[], actual: readonly number[]): void {
  if (hasShape(expected, actual)) return;
  throw new StudioError(
    'E-MODEL-WEIGHTS',
    msg`The tensor ${tensor} has shape [${actual}]; config.json asks for [${expected}].`,
    {
      where: tensor,
      hint: msg`config.json and the weights are of different models. Drop the files of one model together.`,
      safe: msg`Nothing was loaded.`,
    },
  );
}

function missingError(missing: readonly string[]): StudioError {
  const shown = missing.slice(0, 5).join(', ');
  const more = missing.length > 5 ? msg` and ${missing.length - 5} more` : '';
  return new StudioError(
    'E-MODEL-WEIGHTS',
    msg`The weight files lack ${missing.length === 1 ? msg`a tensor` : msg`${missing.length} tensors`} of this model: ${shown}${more}.`,
    {
      where: missing[0]!,
      hint: msg`The download is incomplete, or config.json belongs to another model.`,
      safe: msg`Nothing was loaded.`,
    },
  );
}

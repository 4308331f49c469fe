// How a step updates its parameters, at the learning rate of the step. Stock tfjs has neither decoupled decay nor clipping, so there are two rules.

export type UpdateName = 'adamw' | 'adam';

export interface UpdateRule {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: a matrix is multiplied by 1 - learningRate * weightDecay in every update; vectors are not. */
  readonly weightDecay: number;
  /** The gradients' global norm is brought down to this; null: no clipping. */
  readonly maxGradNorm: number | null;
}

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

export const UPDATE_RULES: Readonly<Record<UpdateName, UpdateRule>> = {
  adamw: { ...ADAM, weightDecay: 0.01, maxGradNorm: 1 },
  adam: { ...ADAM, weightDecay: 0, maxGradNorm: null },
};

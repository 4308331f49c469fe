// The activations and their derivatives in WGSL, for kernels that apply them on the way.

import functions from './activation.wgsl?raw';

/** `gelu` is the erf form (BERT), `gelu_tanh` the tanh form (`gelu_new` and `gelu_pytorch_tanh` in configs). */
export type Activation = 'gelu' | 'gelu_tanh' | 'relu' | 'silu' | 'tanh';

const KINDS: Record<Activation, number> = { gelu: 0, gelu_tanh: 1, relu: 2, silu: 3, tanh: 4 };

/** `activate`, `activate4`, `derivative` and `derivative4` of one kind. */
export function activationSource(kind: Activation): string {
  return `const KIND: u32 = ${KINDS[kind]}u;\n${functions}`;
}

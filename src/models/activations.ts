// The names that HuggingFace's configs give to activations.

import type { Activation } from '#kernels/activation/activation.ts';
import type { ConfigReader } from './pretrained-config.ts';

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  tanh: 'tanh',
};

/** The activation that a field names. */
export const activationOf = (read: ConfigReader, field: string, fallback: string): Activation =>
  ACTIVATIONS[read.oneOf(field, Object.keys(ACTIVATIONS), fallback)]!;

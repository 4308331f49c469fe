// Settings of gradient checkpointing (gradient_checkpointing_kwargs), as transformers takes them.

import { msg } from '#util/msg.ts';
import { parseJsonText, type TextFault, textFault } from './argument-texts.ts';
import { show } from './argument-value.ts';

export interface CheckpointingSettings {
  /** Every n-th layer is run again. Default 1: each. */
  readonly every_n_layers?: number;
  /** What has a meaning in PyTorch alone, as it was given. */
  readonly [other: string]: unknown;
}

/** @param value an object, or its JSON as text; null for none. */
export function parseCheckpointingKwargs(value: unknown): { readonly kwargs: CheckpointingSettings } | TextFault {
  const given = typeof value === 'string' ? parseJsonText(value) : (value ?? {});
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return textFault(
      msg`gradient_checkpointing_kwargs is ${show(value)}, not an object.`,
      msg`Write it as an object, such as {"every_n_layers": 2}.`,
    );
  const { every_n_layers: every = 1 } = given as { every_n_layers?: unknown };
  if (typeof every === 'number' && Number.isInteger(every) && every >= 1) return { kwargs: { ...given } };
  return textFault(
    msg`every_n_layers of gradient_checkpointing_kwargs is ${show(every)}, but must be a whole number of at least 1.`,
    msg`With 1 each layer is run again, with 2 every other one.`,
  );
}

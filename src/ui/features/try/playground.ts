// What both playgrounds share: their props, and sending by the keyboard.

import type { KeyboardEvent, ReactNode } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import type { TriedModel } from './models.ts';

export interface PlaygroundProps {
  readonly snapshot: RunSnapshot;
  readonly models: readonly TriedModel[];
  /** Draws a column for each model. */
  readonly columns: (render: (model: TriedModel) => ReactNode) => ReactNode;
}

/** Ctrl+Enter. */
export function sendOnEnter(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
}

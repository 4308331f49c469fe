// The life of a run as one tagged union. The worker owns it; the studio shows it.

import type { WireError } from './errors.ts';

export type RunPhase = 'loading' | 'tokenizing' | 'compiling' | 'resuming';

export type RunState =
  | { readonly status: 'preparing'; readonly phase: RunPhase }
  | { readonly status: 'training' }
  | { readonly status: 'evaluating' }
  | { readonly status: 'saving' }
  /** Paused by the person, or because something needs a decision (`reason`). */
  | { readonly status: 'paused'; readonly reason: 'user' | 'storage-full'; readonly error?: WireError }
  /** Steps are done; the best model is being loaded and the final model written. */
  | { readonly status: 'finalizing' }
  | { readonly status: 'completed' }
  /** Stopped by the person; a checkpoint was written at `step` if `saved`. */
  | { readonly status: 'stopped'; readonly step: number; readonly saved: boolean }
  | { readonly status: 'failed'; readonly error: WireError }
  /** The page or browser went away in the middle; `run/resume` goes on from the latest checkpoint. */
  | { readonly status: 'interrupted' };

/** A run that occupies the trainer. */
export function isActive(state: RunState): boolean {
  switch (state.status) {
    case 'preparing':
    case 'training':
    case 'evaluating':
    case 'saving':
    case 'paused':
    case 'finalizing':
      return true;
    case 'completed':
    case 'stopped':
    case 'failed':
    case 'interrupted':
      return false;
    default:
      return state satisfies never;
  }
}

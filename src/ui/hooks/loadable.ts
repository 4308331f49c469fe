// Something that comes from the worker, in each stage of coming.

import type { StudioError } from '#util/studio-error.ts';

export type Loadable<T> =
  | { readonly status: 'empty' }
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly value: T }
  | { readonly status: 'failed'; readonly error: StudioError };

export const EMPTY: Loadable<never> = { status: 'empty' };

export function readyValue<T>(loadable: Loadable<T>): T | null {
  return loadable.status === 'ready' ? loadable.value : null;
}

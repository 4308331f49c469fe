// Whatever was thrown, as an error that can be shown.

import { fromWire, toWire } from '#protocol/errors.ts';
import { StudioError } from '#util/studio-error.ts';

export function toStudioError(thrown: unknown): StudioError {
  return thrown instanceof StudioError ? thrown : fromWire(toWire(thrown));
}

// How an error crosses threads: its code and sentences, never the object.

import { msg } from '#util/msg.ts';
import { type ErrorCode, type ErrorFix, StudioError } from '#util/studio-error.ts';

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
  readonly safe?: string | undefined;
  readonly fixes?: readonly ErrorFix[] | undefined;
  readonly stack?: string | undefined;
}

/** Turns anything thrown into plain data. What is not a StudioError is a bug and says so. */
export function toWire(thrown: unknown): WireError {
  if (thrown instanceof StudioError) {
    const { code, message, where, hint, safe, fixes, stack } = thrown;
    return { code, message, where, hint, safe, stack, ...(fixes.length > 0 ? { fixes } : {}) };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    code: 'E-INTERNAL',
    message: error.message || error.name,
    hint: msg`This is a fault in Atelier, not in your data. Copy the details into a report.`,
    stack: error.stack,
  };
}

/** The inverse of `toWire`; the stack of the other thread is kept. */
export function fromWire(wire: WireError): StudioError {
  const error = new StudioError(wire.code, wire.message, {
    ...(wire.where === undefined ? {} : { where: wire.where }),
    ...(wire.hint === undefined ? {} : { hint: wire.hint }),
    ...(wire.safe === undefined ? {} : { safe: wire.safe }),
    ...(wire.fixes === undefined ? {} : { fixes: wire.fixes }),
  });
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

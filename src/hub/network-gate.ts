// Whether anything may be asked of the network: a person can switch it off.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

let allowed = true;

export function allowNetwork(isAllowed: boolean): void {
  allowed = isAllowed;
}

/** @throws StudioError E-HUB while the network is switched off. */
export function requireNetwork(): void {
  if (allowed) return;
  throw new StudioError('E-HUB', msg`The studio is set to stay off the network.`, {
    hint: msg`Switch "Stay off the network" off under Settings, and try again.`,
    safe: msg`Nothing was sent.`,
  });
}

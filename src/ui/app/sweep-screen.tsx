// The sweep screen: what a sweep trains is what New run is filled in for. A chunk of its own.

import type { RunId } from '#protocol/ids.ts';
import { useDraftSetup } from '../features/setup/index.ts';
import { SweepPage } from '../features/sweep/index.ts';

interface SweepScreenProps {
  /** From the address. */
  readonly sweepId: string | undefined;
  readonly onOpenRun: (runId: RunId) => void;
}

export function SweepScreen(props: SweepScreenProps) {
  return <SweepPage {...props} setup={useDraftSetup()} />;
}

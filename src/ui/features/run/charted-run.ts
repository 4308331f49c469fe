// What the charts read of a run.

import type { RunSnapshot } from '#client/run-store.ts';
import type { ChartedRun } from '../../components/charts/charts-grid.tsx';

export const chartedRun = ({ summary, columns, columnsVersion, notices }: RunSnapshot): ChartedRun => ({
  id: summary.runId,
  name: summary.name,
  columns,
  version: columnsVersion + notices.length,
  notices,
});

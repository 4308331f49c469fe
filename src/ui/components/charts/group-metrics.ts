// Which metrics share a chart, and in what order charts come. Pure.

import { MEASURED } from '#client/metric-columns.ts';
import { metricLabel } from '../../format.ts';
import { t } from '../../language/translate.ts';
import type { ChartLine } from './chart-rows.ts';

interface GroupedMetric {
  readonly metric: string;
  readonly label: string;
  readonly kind: ChartLine['kind'];
}

export interface MetricGroup {
  readonly id: string;
  readonly title: string;
  readonly metrics: readonly GroupedMetric[];
}

/** How a metric was averaged over classes, before or after its name. */
const AVERAGE = /_(macro|micro|weighted)(?=_|$)/;

const isSpeed = (name: string): boolean => /_(runtime|per_second)$|^(train_runtime|total_flos|train_loss)$/.test(name);

/** Losses first, then what was measured, then each evaluated metric, and at the end whatever else was logged. */
export function groupMetrics(names: readonly string[]): readonly MetricGroup[] {
  const has = (name: string): boolean => names.includes(name);
  const alone = (metric: string, title: string, kind: ChartLine['kind']): MetricGroup[] =>
    has(metric) ? [{ id: metric, title, metrics: [{ metric, label: title.toLowerCase(), kind }] }] : [];
  const losses: GroupedMetric[] = [{ metric: 'loss', label: t`training`, kind: 'curve' }];
  if (has('eval_loss')) losses.push({ metric: 'eval_loss', label: t`validation`, kind: 'points' });
  const known = [
    { id: 'loss', title: t`Loss`, metrics: losses },
    ...alone('learning_rate', t`Learning rate`, 'exact'),
    ...alone('grad_norm', t`Gradient norm`, 'curve'),
    ...alone(MEASURED.lossScale, t`Loss scale`, 'exact'),
    ...alone(MEASURED.samplesPerSecond, t`Samples per second`, 'curve'),
    ...alone(MEASURED.gpuBytes, t`GPU memory`, 'exact'),
  ];
  const taken = new Set(known.flatMap(({ metrics }) => metrics.map(({ metric }) => metric)));
  const rest = names.filter((name) => !taken.has(name) && !isSpeed(name));
  const groups = new Map<string, string[]>();
  for (const name of rest) {
    const kind = name.replace(AVERAGE, '');
    groups.set(kind, [...(groups.get(kind) ?? []), name]);
  }
  const others = [...groups].map(([kind, metrics]): MetricGroup => {
    const title = metricLabel(kind);
    return {
      id: metrics[0]!,
      title: title.charAt(0).toUpperCase() + title.slice(1),
      metrics: metrics.map((metric) => ({
        metric,
        label: metricLabel(metric),
        kind: metric.startsWith('eval_') ? 'points' : 'exact',
      })),
    };
  });
  return [...known, ...others];
}

// The learning rate over the run, with the steps at which it evaluates and saves.

import { Box, Text } from '@mantine/core';
import type { RunPlan } from '#protocol/messages.ts';
import { formatCount, formatNumber } from '../../format.ts';
import { t } from '../../language/translate.ts';

const WIDTH = 320;
const HEIGHT = 96;
const [TOP, BOTTOM] = [8, 26];

export function PlanChart({ plan }: { plan: RunPlan }) {
  const { rates, evaluationSteps, saveSteps, maxSteps } = plan;
  const top = Math.max(...rates, Number.MIN_VALUE);
  const x = (step: number): number => (WIDTH * step) / Math.max(1, maxSteps);
  const y = (rate: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * rate) / top;
  const points = rates.map((rate, i) => `${x((i * maxSteps) / Math.max(1, rates.length - 1))},${y(rate)}`).join(' ');
  return (
    <Box data-testid="plan-chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width="100%"
        role="img"
        aria-label={t`The learning rate rises to ${formatNumber(top)} and ends at ${formatNumber(rates.at(-1) ?? 0)}; ${evaluationSteps.length} evaluations and ${saveSteps.length} saves are marked.`}
      >
        <line
          x1={0}
          x2={WIDTH}
          y1={HEIGHT - BOTTOM}
          y2={HEIGHT - BOTTOM}
          stroke="var(--mantine-color-default-border)"
        />
        <polyline points={points} fill="none" stroke="var(--mantine-color-cyan-7)" strokeWidth={2} />
        {evaluationSteps.map((step) => (
          <circle key={`e${step}`} cx={x(step)} cy={HEIGHT - BOTTOM + 8} r={2.5} fill="var(--mantine-color-orange-6)" />
        ))}
        {saveSteps.map((step) => (
          <rect
            key={`s${step}`}
            x={x(step) - 2.5}
            y={HEIGHT - BOTTOM + 14}
            width={5}
            height={5}
            fill="var(--mantine-color-grape-6)"
          />
        ))}
      </svg>
      <Text size="xs" c="dimmed" className="numeric">
        {t`Rate up to ${formatNumber(top)} over ${formatCount(maxSteps)} steps · ● evaluations · ■ saves`}
      </Text>
    </Box>
  );
}

// Every trial as a line through its arguments to what came of it; the best one drawn boldly.

import { Box } from '@mantine/core';
import type { SweepDetail } from '#protocol/sweep-messages.ts';
import { t } from '../../language/translate.ts';
import { bestTrial, coordinates } from './sweep-model.ts';

const WIDTH = 760;
const HEIGHT = 230;
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 70, 30, 34];

/** Nothing before the first trial has a value. */
export function ParallelCoordinates({ sweep }: { sweep: SweepDetail }) {
  const best = bestTrial(sweep);
  const axes = coordinates(sweep);
  if (sweep.trials.every(({ value }) => value === null)) return null;
  const x = (axis: number): number => LEFT + (axis * (WIDTH - LEFT - RIGHT)) / Math.max(1, axes.length - 1);
  const y = (place: number): number => HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM);
  const lineOf = (trial: number): string =>
    axes
      .flatMap(({ places }, axis) => {
        const place = places[trial];
        return place === null || place === undefined ? [] : [`${x(axis)},${y(place)}`];
      })
      .join(' ');
  return (
    <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label={t`Trials as lines`}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width="100%"
        style={{ minWidth: 520, display: 'block' }}
        role="img"
        aria-label={t`Each trial is a line through its arguments; the table below has the same numbers.`}
        data-testid="parallel-coordinates"
      >
        {axes.map(({ name, ends: [low, high] }, axis) => (
          <g key={name} fontSize={11} fill="var(--mantine-color-text)" textAnchor="middle">
            <line
              x1={x(axis)}
              x2={x(axis)}
              y1={TOP}
              y2={HEIGHT - BOTTOM}
              stroke="var(--mantine-color-default-border)"
            />
            <text x={x(axis)} y={TOP - 8}>
              {high}
            </text>
            <text x={x(axis)} y={HEIGHT - BOTTOM + 14}>
              {low}
            </text>
            <text x={x(axis)} y={HEIGHT - 6} fontWeight={600}>
              {name}
            </text>
          </g>
        ))}
        {sweep.trials.map(({ number, state }, index) => {
          const isBest = number === best?.number;
          return (
            <polyline
              key={number}
              points={lineOf(index)}
              fill="none"
              stroke={isBest ? 'var(--mantine-color-orange-6)' : 'var(--mantine-color-cyan-7)'}
              strokeWidth={isBest ? 3 : 1.2}
              strokeOpacity={isBest ? 1 : state === 'complete' ? 0.55 : 0.25}
            />
          );
        })}
      </svg>
    </Box>
  );
}

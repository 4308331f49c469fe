// The trials of a sweep: what each was told and what came of it.

import { Anchor, Badge, Button, Group, Stack, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { RunId } from '#protocol/ids.ts';
import type { SweepDetail, SweepTrial } from '#protocol/sweep-messages.ts';
import { scrollable } from '../../components/scrollable.ts';
import { formatNumber } from '../../format.ts';
import { t, translate } from '../../language/translate.ts';
import { bestTrial } from './sweep-model.ts';

interface TrialsTableProps {
  readonly sweep: SweepDetail;
  readonly onOpenRun: (runId: RunId) => void;
}

const show = (value: unknown): string => (typeof value === 'number' ? formatNumber(value) : JSON.stringify(value));

function describeTrial(state: SweepTrial['state']): string {
  if (state === 'running') return t`Training`;
  if (state === 'complete') return t`Completed`;
  return state === 'pruned' ? t`Ended early` : t`Failed`;
}

export function TrialsTable({ sweep, onOpenRun }: TrialsTableProps) {
  const best = bestTrial(sweep);
  const names = Object.keys(sweep.options.space);
  const ids = sweep.trials.flatMap(({ runId }) => (runId ? [runId] : [])).slice(-6);
  if (sweep.trials.length === 0) return <Text c="dimmed">{t`No trial has begun yet.`}</Text>;
  return (
    <Stack gap="sm">
      {best && (
        <Group gap="sm" data-testid="best-trial">
          <Text size="sm">
            {t`Best so far: trial ${best.number}, ${sweep.objective} ${formatNumber(best.value!)}.`}
          </Text>
          {best.runId && (
            <Button size="compact-sm" variant="light" onClick={() => onOpenRun(best.runId!)}>{t`Open it`}</Button>
          )}
          {ids.length > 1 && (
            <Anchor component={Link} href={`/compare?ids=${ids.join(',')}`} size="sm">
              {t`Compare the latest`}
            </Anchor>
          )}
        </Group>
      )}
      <Table.ScrollContainer minWidth={360 + 130 * names.length} scrollAreaProps={scrollable(t`Trials`)}>
        <Table fz="sm" className="numeric" aria-label={t`Trials`} data-testid="trials">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={70}>{t`Trial`}</Table.Th>
              <Table.Th miw={120}>{t`State`}</Table.Th>
              <Table.Th>{sweep.objective}</Table.Th>
              {names.map((name) => (
                <Table.Th key={name}>{name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sweep.trials.toReversed().map((trial) => (
              <Row
                key={trial.number}
                trial={trial}
                names={names}
                isBest={trial.number === best?.number}
                onOpenRun={onOpenRun}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

interface RowProps {
  readonly trial: SweepTrial;
  readonly names: readonly string[];
  readonly isBest: boolean;
  readonly onOpenRun: (runId: RunId) => void;
}

function Row({ trial, names, isBest, onOpenRun }: RowProps) {
  const { number, state, value, params, runId, error, reports } = trial;
  const latest = value ?? reports.at(-1)?.value ?? null;
  return (
    <Table.Tr data-testid="trial-row">
      <Table.Td>
        {runId ? (
          <Anchor component="button" type="button" size="sm" onClick={() => onOpenRun(runId)}>
            {number}
          </Anchor>
        ) : (
          number
        )}
        {isBest && ' ★'}
      </Table.Td>
      <Table.Td>
        <Badge
          size="sm"
          variant="light"
          tt="none"
          color={state === 'failed' ? 'red' : state === 'complete' ? 'green' : 'gray'}
        >
          {describeTrial(state)}
        </Badge>
        {error !== undefined && (
          <Text size="xs" c="red">
            {translate(error)}
          </Text>
        )}
      </Table.Td>
      <Table.Td fw={isBest ? 700 : 400}>{latest === null ? '–' : formatNumber(latest)}</Table.Td>
      {names.map((name) => (
        <Table.Td key={name}>{show(params[name])}</Table.Td>
      ))}
    </Table.Tr>
  );
}

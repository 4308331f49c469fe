// How long rows are in tokens, with the longest input as a line, and buttons that set it.

import { Button, Group, Stack, Text, Title } from '@mantine/core';
import type { DataExamination } from '#protocol/messages.ts';
import { formatCount, formatPercent } from '../../format.ts';
import { readyValue } from '../../hooks/loadable.ts';
import { t } from '../../language/translate.ts';
import { changeDraft } from './draft-actions.ts';
import type { SetupDraft } from './draft-store.ts';
import styles from './setup.module.css';

export function LengthHistogram({ examination, draft }: { examination: DataExamination; draft: SetupDraft }) {
  const { lengths, longest, trainRows, truncatedShare } = examination;
  const { maxLength } = draft;
  const most = Math.max(1, ...lengths.bins.map(({ count }) => count));
  const end = (lengths.bins.at(-1)?.to ?? 0) + 1;
  const summary = t`From 0 to ${longest} tokens; ${formatPercent(truncatedShare, 1)} of the rows are longer than ${maxLength}.`;
  return (
    <Stack gap="xs" data-testid="length-histogram">
      <Title order={3} size="h5">{t`Length of the rows`}</Title>
      <div className={styles.histogram} role="img" aria-label={summary}>
        {lengths.bins.map(({ from, to, count }) => (
          <span
            key={from}
            className={styles.bin}
            data-cut={from >= maxLength || undefined}
            style={{ height: `${(100 * count) / most}%` }}
            title={t`${from} to ${to} tokens: ${formatCount(count)} rows`}
          />
        ))}
        {maxLength < end && <span className={styles.limit} style={{ left: `${(100 * maxLength) / end}%` }} />}
      </div>
      <Text size="sm">{summary}</Text>
      <Text size="xs" c="dimmed">
        {lengths.counted < trainRows
          ? t`Counted in ${formatCount(lengths.counted)} rows, evenly spaced among ${formatCount(trainRows)}.`
          : t`All rows were counted.`}
      </Text>
      <Group gap="xs">
        {lengths.percentile95 < lengths.percentile99 && (
          <SetLength share={95} tokens={lengths.percentile95} draft={draft} />
        )}
        <SetLength share={99} tokens={lengths.percentile99} draft={draft} />
      </Group>
    </Stack>
  );
}

interface SetLengthProps {
  /** Per cent of the rows that are no longer than `tokens`. */
  readonly share: number;
  readonly tokens: number;
  readonly draft: SetupDraft;
}

function SetLength({ share, tokens, draft }: SetLengthProps) {
  const limit = readyValue(draft.model)?.maxPositions ?? tokens;
  const length = Math.max(1, Math.min(tokens, limit));
  return (
    <Button
      size="compact-sm"
      variant="default"
      disabled={length === draft.maxLength}
      data-testid={`length-p${share}`}
      onClick={() => changeDraft({ maxLength: length })}
    >
      {tokens > limit
        ? t`Longest input ${length}, all that the model reads`
        : t`Longest input ${length}: ${share} % of the rows whole`}
    </Button>
  );
}

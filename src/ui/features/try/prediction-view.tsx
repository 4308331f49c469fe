// What a checkpoint makes of a typed text, by the kind of answer.

import { Badge, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Prediction, ProblemType, Scored } from '#protocol/messages.ts';
import { numbered } from '../../components/numbered.ts';
import { formatNumber, formatPercent, plural } from '../../format.ts';
import { t } from '../../language/translate.ts';

interface PredictionViewProps {
  readonly prediction: Prediction;
  readonly problemType: ProblemType;
}

export function PredictionView({ prediction, problemType }: PredictionViewProps) {
  return (
    <Paper withBorder p="md" data-testid="prediction" role="status" aria-label={t`Prediction`}>
      <Stack gap="xs">{contentOf(prediction, problemType)}</Stack>
    </Paper>
  );
}

function contentOf(prediction: Prediction, problemType: ProblemType): ReactNode {
  switch (prediction.kind) {
    case 'labels':
      return <Labels prediction={prediction} problemType={problemType} />;
    case 'tags':
      return <Tags words={prediction.words} />;
    case 'answers':
      return prediction.answers.length > 0 ? (
        <Bars rows={prediction.answers} />
      ) : (
        <Text>{t`No answer was found.`}</Text>
      );
    case 'gaps':
      return numbered(prediction.gaps).map(({ number, item }) => (
        <Stack gap="xs" key={number}>
          {prediction.gaps.length > 1 && <Text size="sm">{t`Gap ${number}`}</Text>}
          <Bars rows={item} />
        </Stack>
      ));
    default:
      return prediction satisfies never;
  }
}

function Labels({
  prediction,
  problemType,
}: {
  prediction: Prediction & { kind: 'labels' };
  problemType: ProblemType;
}) {
  const { labels, scores, tokens } = prediction;
  const rows = scores.map((score, index) => ({ label: labels[index] ?? t`value ${index + 1}`, score }));
  return (
    <>
      {problemType === 'regression' ? (
        rows.map(({ label, score }) => <Row key={label} label={label} value={formatNumber(score)} strong />)
      ) : (
        <Bars rows={rows.sort((a, b) => b.score - a.score)} />
      )}
      <Text size="xs" c="dimmed">
        {plural(tokens.length, 'token')}: {tokens.join(' ')}
      </Text>
    </>
  );
}

function Bars({ rows }: { rows: readonly Scored[] }) {
  return numbered(rows).map(({ number, item: { label, score } }) => (
    <Stack gap={2} key={number}>
      <Row label={label} value={formatPercent(score, 1)} strong={number === 1} />
      <Progress value={score * 100} aria-hidden="true" color={number === 1 ? 'cyan' : 'gray.5'} />
    </Stack>
  ));
}

function Row({ label, value, strong }: { label: string; value: string; strong: boolean }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm" fw={strong ? 700 : 400}>
        {label}
      </Text>
      <Text size="sm" className="numeric">
        {value}
      </Text>
    </Group>
  );
}

function Tags({ words }: { words: readonly (Scored & { readonly word: string })[] }) {
  return (
    <Group gap="xs">
      {numbered(words).map(({ number, item: { word, label, score } }) => (
        <Text key={number} size="sm" span title={formatPercent(score, 1)}>
          {word}
          {label !== 'O' && (
            <Badge size="sm" ml={4} tt="none" variant="light">
              {label}
            </Badge>
          )}
        </Text>
      ))}
    </Group>
  );
}

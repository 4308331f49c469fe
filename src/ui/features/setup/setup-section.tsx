// One numbered section of the setup with a mark that tells whether it is done.

import { Group, Loader, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { msg } from '#util/msg.ts';
import { Icon } from '../../components/icon.tsx';
import { t, translate } from '../../language/translate.ts';

export type SectionStatus = 'todo' | 'busy' | 'done' | 'error';

const LOOK = {
  todo: { color: 'gray', icon: 'circle', words: msg`to do` },
  done: { color: 'green', icon: 'check', words: msg`done` },
  error: { color: 'red', icon: 'alert', words: msg`needs attention` },
} as const;

interface SetupSectionProps {
  readonly title: string;
  readonly status: SectionStatus;
  readonly summary?: string | undefined;
  readonly children: ReactNode;
}

export function SetupSection({ title, status, summary, children }: SetupSectionProps) {
  return (
    <Paper withBorder radius="lg" p={{ base: 'md', sm: 'lg' }} component="section" aria-label={title}>
      <Stack gap="md">
        <Group gap="sm" wrap="nowrap">
          <StatusMark status={status} />
          <Title order={2} size="h4">
            {title}
          </Title>
          {summary !== undefined && (
            <Text size="sm" c="dimmed" truncate>
              {summary}
            </Text>
          )}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}

function StatusMark({ status }: { status: SectionStatus }) {
  if (status === 'busy') return <Loader size={22} aria-label={t`busy`} />;
  const { color, icon, words } = LOOK[status];
  return (
    <ThemeIcon
      color={color}
      variant="light"
      radius="xl"
      size={24}
      role="img"
      aria-label={translate(words)}
      data-status={status}
    >
      <Icon name={icon} size={14} />
    </ThemeIcon>
  );
}

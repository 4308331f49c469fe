// What happened during the run that one should know: warnings and errors. The log lists the rest.

import { Alert, Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunNotice } from '#protocol/messages.ts';
import { Icon } from '../../components/icon.tsx';
import { formatTime, plural } from '../../format.ts';
import { t, translate } from '../../language/translate.ts';

const COLORS = { info: 'blue', warning: 'yellow', error: 'red' } as const;
const SHOWN = 2;

export function Notices({ notices }: { notices: readonly RunNotice[] }) {
  const [all, setAll] = useState(false);
  const newestFirst = notices.filter((notice) => notice.level !== 'info').reverse();
  if (newestFirst.length === 0) return null;
  const shown = all ? newestFirst : newestFirst.slice(0, SHOWN);
  return (
    <Stack gap="xs" component="section" aria-label={t`Notices`}>
      {shown.map((notice) => (
        <Alert key={`${notice.at} ${notice.message}`} color={COLORS[notice.level]} icon={<Icon name="alert" />} py="xs">
          <Text size="sm">{translate(notice.message)}</Text>
          <Text size="xs" c="dimmed">{t`step ${notice.step} · ${formatTime(notice.at)}`}</Text>
        </Alert>
      ))}
      {newestFirst.length > SHOWN && (
        <Button variant="subtle" size="compact-xs" onClick={() => setAll(!all)} style={{ alignSelf: 'start' }}>
          {all ? t`Show fewer` : t`Show all ${plural(newestFirst.length, 'notice')}`}
        </Button>
      )}
    </Stack>
  );
}

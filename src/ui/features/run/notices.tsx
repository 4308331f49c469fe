// What happened during the run that one should know: the latest warnings and errors, the rest on demand.

import { Alert, Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunNotice } from '#protocol/messages.ts';
import { Icon } from '../../components/icon.tsx';
import { formatTime, plural } from '../../format.ts';

const COLORS = { info: 'blue', warning: 'yellow', error: 'red' } as const;
const SHOWN = 2;

export function Notices({ notices }: { notices: readonly RunNotice[] }) {
  const [all, setAll] = useState(false);
  if (notices.length === 0) return null;
  const newestFirst = notices.toReversed();
  const shown = all ? newestFirst : newestFirst.slice(0, SHOWN);
  return (
    <Stack gap="xs" component="section" aria-label="Notices">
      {shown.map((notice) => (
        <Alert
          key={`${notice.at} ${notice.message}`}
          variant={notice.level === 'info' ? 'transparent' : 'light'}
          color={COLORS[notice.level]}
          icon={<Icon name={notice.level === 'info' ? 'circle' : 'alert'} />}
          py={notice.level === 'info' ? 0 : 'xs'}
        >
          <Text size="sm">{notice.message}</Text>
          <Text size="xs" c="dimmed">
            step {notice.step} · {formatTime(notice.at)}
          </Text>
        </Alert>
      ))}
      {notices.length > SHOWN && (
        <Button variant="subtle" size="compact-xs" onClick={() => setAll(!all)} style={{ alignSelf: 'start' }}>
          {all ? 'Show fewer' : `Show all ${plural(notices.length, 'notice')}`}
        </Button>
      )}
    </Stack>
  );
}

// Says that the engine is gone, on whatever screen one is.

import { Box, Button, Group } from '@mantine/core';
import { useEffect, useState } from 'react';
import { ErrorAlert } from '../components/error-alert.tsx';
import { useStudio } from '../hooks/studio-context.ts';
import { t } from '../language/translate.ts';

export function CrashAlert() {
  const { client } = useStudio();
  const [crash, setCrash] = useState(client.crash);
  useEffect(() => client.onCrash(setCrash), [client]);
  if (!crash) return null;
  return (
    <Box mb="md">
      <ErrorAlert error={crash}>
        <Group>
          <Button size="xs" color="red" onClick={() => window.location.reload()}>{t`Reload the page`}</Button>
        </Group>
      </ErrorAlert>
    </Box>
  );
}

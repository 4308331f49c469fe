// Every request that the page and the engine have made, so that one can see that nothing leaves unless asked; and a
// switch that keeps the engine off the network.

import { Alert, Stack, Switch, Table, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { NetworkRequest } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { scrollable } from '../../components/scrollable.ts';
import { formatBytes, formatCount } from '../../format.ts';
import { changePreferences, usePreferences } from '../../hooks/preferences.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { dateLocale } from '../../language/language.ts';
import { t } from '../../language/translate.ts';

const EVERY_MS = 2000;

export function NetworkPanel() {
  const { client } = useStudio();
  const { staysOffline } = usePreferences();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setRound((count) => count + 1), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const engine = useRemote(round, () => client.request('network/requests', {}));
  const [known, setKnown] = useState<readonly NetworkRequest[]>([]);
  useEffect(() => {
    if (engine.status === 'ready') setKnown([...pageRequests(), ...engine.value]);
  }, [engine]);
  const elsewhere = known.filter(({ address }) => new URL(address, location.href).origin !== location.origin);
  return (
    <Stack gap="sm" data-testid="network-panel">
      <Switch
        label={t`Stay off the network`}
        description={t`The engine asks nothing of the Hub while this is on. Training needs no network.`}
        data-testid="stay-offline"
        checked={staysOffline}
        onChange={({ currentTarget }) => changePreferences({ staysOffline: currentTarget.checked })}
      />
      {engine.status === 'failed' && <ErrorAlert error={engine.error} />}
      <Alert
        color={elsewhere.length === 0 ? 'green' : 'yellow'}
        icon={<Icon name={elsewhere.length === 0 ? 'check' : 'alert'} />}
        py="xs"
      >
        {elsewhere.length === 0
          ? t`${formatCount(known.length)} requests since this page was opened, all of them for the studio's own files. Nothing went elsewhere.`
          : t`${formatCount(elsewhere.length)} of ${formatCount(known.length)} requests went elsewhere; they are listed below.`}
      </Alert>
      {elsewhere.length > 0 && (
        <Table.ScrollContainer minWidth={420} scrollAreaProps={scrollable(t`Requests that went elsewhere`)}>
          <Table fz="xs" aria-label={t`Requests that went elsewhere`}>
            <Table.Tbody>
              {elsewhere.map(({ address, startedAt, bytes }) => (
                <Table.Tr key={`${startedAt} ${address}`}>
                  <Table.Td className="numeric" w={90}>
                    {new Date(startedAt).toLocaleTimeString(dateLocale())}
                  </Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{address}</Table.Td>
                  <Table.Td className="numeric" w={80}>
                    {bytes > 0 ? formatBytes(bytes) : ''}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Text size="xs" c="dimmed">
        {t`Other sites are asked only by "Find" and "Download" of the Hub panels, and by pushing.`}
      </Text>
    </Stack>
  );
}

const pageRequests = (): NetworkRequest[] =>
  (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).map(
    ({ name, startTime, transferSize }) => ({
      address: name,
      startedAt: performance.timeOrigin + startTime,
      bytes: transferSize,
    }),
  );

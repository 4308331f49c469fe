// Access token and address of the Hub. The token is used as it is typed and kept nowhere.

import { Anchor, PasswordInput, SimpleGrid, TextInput } from '@mantine/core';
import { HUB_ENDPOINT } from '#protocol/hub-messages.ts';
import { changeHubSession, useHubConnection, useHubSession } from '../hooks/hub-session.ts';
import { t } from '../language/translate.ts';

/** @param need what the token must be allowed to do, and when it is needed. */
export function HubAccess({ need }: { need: string }) {
  const { endpoint, token } = useHubSession();
  const connection = useHubConnection();
  return (
    <SimpleGrid type="container" cols={{ base: 1, '28rem': 2 }} spacing="sm" style={{ alignItems: 'end' }}>
      <PasswordInput
        label={t`Access token`}
        description={
          <>
            {t`${need} Kept in memory until this page is closed, never stored. `}
            <Anchor
              href={`${connection.endpoint}/settings/tokens`}
              target="_blank"
              rel="noreferrer"
              inherit
              underline="always"
            >{t`Your tokens`}</Anchor>
          </>
        }
        placeholder="hf_…"
        autoComplete="off"
        spellCheck={false}
        data-testid="hub-token"
        visibilityToggleButtonProps={{ 'aria-label': t`Show or hide the token`, tabIndex: 0 }}
        value={token}
        onChange={({ currentTarget }) => changeHubSession({ token: currentTarget.value })}
      />
      <TextInput
        label={t`Address of the Hub`}
        description={t`${HUB_ENDPOINT}, or a mirror that answers as it does. The token goes to this address.`}
        type="url"
        autoComplete="off"
        spellCheck={false}
        data-testid="hub-endpoint"
        value={endpoint}
        onChange={({ currentTarget }) => changeHubSession({ endpoint: currentTarget.value })}
      />
    </SimpleGrid>
  );
}

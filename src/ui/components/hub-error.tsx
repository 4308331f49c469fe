// A refusal of the Hub, with links to where it can be mended. A link asks the Hub only when it is pressed.

import { Anchor, Group } from '@mantine/core';
import type { StudioError } from '#util/studio-error.ts';
import { useHubConnection } from '../hooks/hub-session.ts';
import { t } from '../language/translate.ts';
import { ErrorAlert } from './error-alert.tsx';

interface HubErrorProps {
  readonly error: StudioError;
  /** Path of the repository's page, such as `datasets/owner/name`; null where none was asked for. */
  readonly page: string | null;
  readonly onClose: () => void;
}

export function HubError({ error, page, onClose }: HubErrorProps) {
  const { endpoint } = useHubConnection();
  return (
    <ErrorAlert error={error} onClose={onClose}>
      {error.code === 'E-HUB-ACCESS' && (
        <Group gap="md">
          {page !== null && (
            <Anchor
              size="sm"
              href={`${endpoint}/${page}`}
              target="_blank"
              rel="noreferrer"
              data-testid="hub-page-link"
            >{t`Open its page on the Hub`}</Anchor>
          )}
          <Anchor
            size="sm"
            href={`${endpoint}/settings/tokens`}
            target="_blank"
            rel="noreferrer"
          >{t`Make a token`}</Anchor>
        </Group>
      )}
    </ErrorAlert>
  );
}

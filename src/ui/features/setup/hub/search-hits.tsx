// What a search on the Hub found.

import { Badge, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import type { HubSearchHit } from '#protocol/hub-messages.ts';
import { formatParameters } from '../../../format.ts';
import { t } from '../../../language/translate.ts';
import styles from './hub.module.css';

interface SearchHitsProps {
  readonly hits: readonly HubSearchHit[];
  /** Name of the repository that is being looked up. */
  readonly busy: string | null;
  readonly onChoose: (name: string) => void;
}

export function SearchHits({ hits, busy, onChoose }: SearchHitsProps) {
  if (hits.length === 0)
    return <Text size="sm">{t`Nothing was found. Try fewer words, or the name as owner/name.`}</Text>;
  return (
    <Stack gap={4} component="ul" className={styles.list} aria-label={t`Found on the Hub`} data-testid="hub-hits">
      {hits.map((hit) => (
        <li key={hit.name}>
          <UnstyledButton
            className={styles.hit}
            disabled={busy !== null}
            data-testid="hub-hit"
            onClick={() => onChoose(hit.name)}
          >
            <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
              {hit.name}
            </Text>
            <Group gap={6}>
              {hit.task !== null && (
                <Badge size="sm" variant="light" tt="none">
                  {hit.task}
                </Badge>
              )}
              {hit.gated && <Mark color="orange">{t`gated`}</Mark>}
              {hit.private && <Mark color="gray">{t`private`}</Mark>}
              <Text
                size="xs"
                c="dimmed"
              >{t`${formatParameters(hit.downloads)} downloads · ${formatParameters(hit.likes)} likes`}</Text>
            </Group>
          </UnstyledButton>
        </li>
      ))}
    </Stack>
  );
}

export function Mark({ color, children }: { color: string; children: string }) {
  return (
    <Badge size="sm" color={color} variant="light" tt="none">
      {children}
    </Badge>
  );
}

// The ways to the screens: a rail beside them on a desktop, a bar below them on a phone.

import { Box, NavLink, Stack, Text, UnstyledButton } from '@mantine/core';
import { Link, useRoute } from 'wouter';
import { msg } from '#util/msg.ts';
import { Icon, type IconName } from '../components/icon.tsx';
import { t, translate } from '../language/translate.ts';
import styles from './navigation.module.css';

interface Destination {
  readonly href: string;
  /** Addresses at which one is there. */
  readonly route: RegExp;
  readonly label: string;
  readonly icon: IconName;
}

export const DESTINATIONS: readonly Destination[] = [
  { href: '/', route: /^\/$/, label: msg`Home`, icon: 'home' },
  { href: '/new', route: /^\/new/, label: msg`New run`, icon: 'plus' },
  { href: '/compare', route: /^\/compare/, label: msg`Compare`, icon: 'measure' },
  { href: '/sweep', route: /^\/sweep/, label: msg`Sweep`, icon: 'grid' },
  { href: '/library', route: /^\/library/, label: msg`Library`, icon: 'folder' },
  { href: '/settings', route: /^\/settings/, label: msg`Settings`, icon: 'gear' },
];

export function Rail() {
  return (
    <Stack component="nav" aria-label={t`Main`} gap={4} p="xs">
      {DESTINATIONS.map((destination) => (
        <RailLink key={destination.href} {...destination} />
      ))}
    </Stack>
  );
}

function RailLink({ href, route, label, icon }: Destination) {
  const [here] = useRoute(route);
  return (
    <NavLink
      component={Link}
      href={href}
      active={here}
      aria-current={here ? 'page' : undefined}
      label={translate(label)}
      leftSection={<Icon name={icon} />}
      className={styles.link}
    />
  );
}

export function BottomBar() {
  return (
    <Box component="nav" aria-label={t`Main`} className={styles.bar}>
      {DESTINATIONS.map((destination) => (
        <BarLink key={destination.href} {...destination} />
      ))}
    </Box>
  );
}

function BarLink({ href, route, label, icon }: Destination) {
  const [here] = useRoute(route);
  return (
    <UnstyledButton
      component={Link}
      href={href}
      className={styles.tab}
      data-active={here || undefined}
      aria-current={here ? 'page' : undefined}
    >
      <Icon name={icon} />
      <Text component="span" fz={11} lh={1.1}>
        {translate(label)}
      </Text>
    </UnstyledButton>
  );
}

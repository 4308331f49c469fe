// The frame around every screen: header with navigation and theme, the screen, the bar of the active run.

import { Anchor, AppShell, Button, Container, Group, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { Link, useRoute } from 'wouter';
import { prefetchCharts } from '../features/run/index.ts';
import { useLibrary, useStudio } from '../hooks/studio-context.ts';
import { t } from '../language/translate.ts';
import { CrashAlert } from './crash-alert.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { LiveAnnouncer } from './live-announcer.tsx';
import { RunBar } from './run-bar.tsx';
import { Screens } from './screens.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { useLeaveGuard } from './use-leave-guard.ts';

export function Shell() {
  const { library } = useStudio();
  const { active } = useLibrary();
  // A list that can not be read is told by the home screen, which asks for it itself.
  useEffect(() => void library.refresh().catch(() => undefined), [library]);
  useEffect(prefetchCharts, []);
  useLeaveGuard(active !== null);
  return (
    <AppShell header={{ height: 56 }} {...(active ? { footer: { height: 64 } } : {})} padding={0}>
      <button type="button" className="skip-link" onClick={focusMain}>{t`Skip to the content`}</button>
      <AppShell.Header>
        <Header />
      </AppShell.Header>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        <Container size="lg" px={{ base: 'sm', sm: 'lg' }} py="lg">
          <CrashAlert />
          <ErrorBoundary>
            <Screens />
          </ErrorBoundary>
        </Container>
      </AppShell.Main>
      {active && (
        <AppShell.Footer>
          <RunBar run={active} />
        </AppShell.Footer>
      )}
      <LiveAnnouncer />
    </AppShell>
  );
}

/** Not a link: routes live in the hash. */
function focusMain(): void {
  document.getElementById('main')?.focus();
}

function Header() {
  return (
    <Container size="lg" h="100%" px={{ base: 'sm', sm: 'lg' }}>
      <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
        <Anchor component={Link} href="/" underline="never" c="inherit">
          <Group gap={8} wrap="nowrap">
            <img src="./icon.svg" alt="" width={26} height={26} />
            <Title order={1} size="h4">
              Atelier
            </Title>
            <Text size="sm" c="dimmed" visibleFrom="sm">{t`fine-tune a transformer in your browser`}</Text>
          </Group>
        </Anchor>
        <Group component="nav" aria-label={t`Main`} gap={4} wrap="nowrap">
          <NavigationLink href="/" label={t`Home`} />
          <NavigationLink href="/new" label={t`New run`} />
          <ThemeSwitch />
        </Group>
      </Group>
    </Container>
  );
}

function NavigationLink({ href, label }: { href: string; label: string }) {
  const [here] = useRoute(href);
  return (
    <Button
      component={Link}
      href={href}
      variant={here ? 'light' : 'subtle'}
      color={here ? 'cyan' : 'gray'}
      size="sm"
      aria-current={here ? 'page' : undefined}
    >
      {label}
    </Button>
  );
}

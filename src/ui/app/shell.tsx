// The frame around every screen: brand and commands above, the ways to the screens beside, the active run below.

import { ActionIcon, Anchor, AppShell, Container, Group, Text, Title, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { Icon } from '../components/icon.tsx';
import { useLibrary, useStudio } from '../hooks/studio-context.ts';
import { t } from '../language/translate.ts';
import { CommandPalette, openPalette } from './command-palette.tsx';
import { CrashAlert } from './crash-alert.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { LiveAnnouncer } from './live-announcer.tsx';
import { BottomBar, Rail } from './navigation.tsx';
import { RunBar } from './run-bar.tsx';
import { prefetchScreens, Screens } from './screens.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { useBackgroundCare } from './use-background-care.ts';
import { useLeaveGuard } from './use-leave-guard.ts';

const RUN_BAR = 64;
const BOTTOM_BAR = 54;

export function Shell() {
  const { library } = useStudio();
  const { active } = useLibrary();
  const isPhone = useMediaQuery('(max-width: 48em)') ?? false;
  // A list that can not be read is told by the home screen, which asks for it itself.
  useEffect(() => void library.refresh().catch(() => undefined), [library]);
  useEffect(prefetchScreens, []);
  useLeaveGuard(active !== null);
  useBackgroundCare(active);
  const footer = (active ? RUN_BAR : 0) + (isPhone ? BOTTOM_BAR : 0);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 176, breakpoint: 'sm', collapsed: { mobile: true } }}
      {...(footer > 0 ? { footer: { height: footer } } : {})}
      padding={0}
    >
      <button type="button" className="skip-link" onClick={focusMain}>{t`Skip to the content`}</button>
      <AppShell.Header>
        <Header />
      </AppShell.Header>
      <AppShell.Navbar>{!isPhone && <Rail />}</AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        <Container size="xl" px={{ base: 'sm', sm: 'lg' }} py="lg">
          <CrashAlert />
          <ErrorBoundary>
            <Screens />
          </ErrorBoundary>
        </Container>
      </AppShell.Main>
      {footer > 0 && (
        <AppShell.Footer>
          {active && <RunBar run={active} height={RUN_BAR} />}
          {isPhone && <BottomBar />}
        </AppShell.Footer>
      )}
      <CommandPalette />
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
    <Group h="100%" px={{ base: 'sm', sm: 'lg' }} justify="space-between" wrap="nowrap" gap="xs">
      <Anchor component={Link} href="/" underline="never" c="inherit">
        <Group gap={8} wrap="nowrap">
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width={26} height={26} />
          <Title order={1} size="h4">
            Atelier
          </Title>
          <Text size="sm" c="dimmed" visibleFrom="sm">{t`fine-tune a transformer in your browser`}</Text>
        </Group>
      </Anchor>
      <Group gap={4} wrap="nowrap">
        <Tooltip label={t`Find a command (Ctrl+K)`}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t`Find a command`}
            data-testid="open-palette"
            onClick={openPalette}
          >
            <Icon name="search" />
          </ActionIcon>
        </Tooltip>
        <ThemeSwitch />
      </Group>
    </Group>
  );
}

// What a person chooses once: language, appearance, what the studio may do while one is away, the Hub account; and what
// leaves this device.

import {
  Button,
  CopyButton,
  Group,
  NativeSelect,
  Paper,
  SegmentedControl,
  Stack,
  Switch,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { HubAccess } from '../../components/hub-access.tsx';
import { changePreferences, usePreferences } from '../../hooks/preferences.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { chooseLanguage, LANGUAGES, type Language, useLanguage } from '../../language/language.ts';
import { t } from '../../language/translate.ts';
import { InstallButton } from './install-button.tsx';
import { NetworkPanel } from './network-panel.tsx';

export function SettingsPage({ shortcuts }: { shortcuts: ReactNode }) {
  return (
    <Stack gap="lg" maw={820}>
      <Title order={1} size="h2">{t`Settings`}</Title>
      <Section title={t`Language and appearance`}>
        <LanguageChoice />
        <ThemeChoice />
      </Section>
      <Section title={t`While a run trains`}>
        <AwayChoices />
      </Section>
      <Section title={t`App`}>
        <InstallButton />
      </Section>
      <Section title={t`HuggingFace Hub`}>
        <HubAccess need={t`Asked for where the Hub wants one.`} />
      </Section>
      <Section title={t`Network`}>
        <NetworkPanel />
      </Section>
      <Section title={t`Keyboard shortcuts`}>{shortcuts}</Section>
      <Section title={t`Diagnostics`}>
        <Diagnostics />
      </Section>
    </Stack>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder radius="md" p="md" component="section" aria-label={title}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  );
}

function LanguageChoice() {
  const { error, start } = useAction();
  const language = useLanguage((state) => state.language);
  return (
    <>
      <NativeSelect
        label={t`Language`}
        data-testid="language"
        maw={260}
        value={language}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        onChange={({ currentTarget }) => start('language', () => chooseLanguage(currentTarget.value as Language))}
      />
      {error && <ErrorAlert error={error} />}
    </>
  );
}

function ThemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Group>
      <SegmentedControl
        aria-label={t`Theme`}
        value={colorScheme}
        onChange={(value) => setColorScheme(value as 'auto' | 'light' | 'dark')}
        data={[
          { value: 'auto', label: t`As the system` },
          { value: 'light', label: t`Light` },
          { value: 'dark', label: t`Dark` },
        ]}
      />
    </Group>
  );
}

function AwayChoices() {
  const { notifyAtEnd, keepAwake } = usePreferences();
  const notify = async (wanted: boolean): Promise<void> => {
    const allowed = !wanted || (await Notification.requestPermission()) === 'granted';
    changePreferences({ notifyAtEnd: wanted && allowed });
  };
  const canNotify = 'Notification' in window;
  return (
    <Stack gap="xs">
      <Switch
        label={t`Tell me with a notification when a run ends`}
        description={
          canNotify && Notification.permission === 'denied'
            ? t`The browser does not allow notifications of this site. Its site settings do.`
            : t`The browser asks once whether it may.`
        }
        data-testid="notify-at-end"
        disabled={!canNotify}
        checked={notifyAtEnd}
        onChange={({ currentTarget }) => void notify(currentTarget.checked)}
      />
      <Switch
        label={t`Keep the screen on`}
        description={t`A device that sleeps does not train.`}
        checked={keepAwake}
        onChange={({ currentTarget }) => changePreferences({ keepAwake: currentTarget.checked })}
      />
    </Stack>
  );
}

function Diagnostics() {
  const { client } = useStudio();
  const profile = useRemote('device/profile', () => client.request('device/profile', {}));
  if (profile.status === 'failed') return <ErrorAlert error={profile.error} />;
  const text = JSON.stringify(
    {
      userAgent: navigator.userAgent,
      languages: navigator.languages,
      device: profile.status === 'ready' ? profile.value : null,
    },
    null,
    2,
  );
  return (
    <Group>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="xs" variant="default" onClick={copy}>
            {copied ? t`Copied` : t`Copy what a report needs`}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

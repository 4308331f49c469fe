// Chooses between the system's theme, light and dark.

import { ActionIcon, useMantineColorScheme } from '@mantine/core';
import { msg } from '#util/msg.ts';
import { Icon, type IconName } from '../components/icon.tsx';
import { t, translate } from '../language/translate.ts';

const SCHEMES = ['auto', 'light', 'dark'] as const;
const ICONS: Record<(typeof SCHEMES)[number], IconName> = { auto: 'screen', light: 'sun', dark: 'moon' };
const NAMES: Record<(typeof SCHEMES)[number], string> = {
  auto: msg`as the system`,
  light: msg`light`,
  dark: msg`dark`,
};

export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = SCHEMES[(SCHEMES.indexOf(colorScheme) + 1) % SCHEMES.length] ?? 'auto';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      data-testid="theme-switch"
      aria-label={t`Theme: ${translate(NAMES[colorScheme])}. Change to ${translate(NAMES[next])}`}
      onClick={() => setColorScheme(next)}
    >
      <Icon name={ICONS[colorScheme]} />
    </ActionIcon>
  );
}

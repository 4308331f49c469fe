// Installing the studio as an app, where the browser offers it.

import { Button, Group, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { t } from '../../language/translate.ts';

/** Chromium's; other browsers install from their menus. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

let offered: InstallPromptEvent | null = null;
/** The offer comes once, soon after the page was opened. */
addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  offered = event as InstallPromptEvent;
});

export function InstallButton() {
  const [offer, setOffer] = useState(offered);
  useEffect(() => {
    const notice = (): void => setOffer(offered);
    addEventListener('beforeinstallprompt', notice);
    return () => removeEventListener('beforeinstallprompt', notice);
  }, []);
  const isInstalled = matchMedia('(display-mode: standalone)').matches;
  return (
    <Group gap="sm">
      {offer && (
        <Button size="xs" variant="default" onClick={() => void offer.prompt()}>
          {t`Install the studio`}
        </Button>
      )}
      <Text size="sm" c="dimmed">
        {isInstalled
          ? t`The studio runs as an app. It needs no network.`
          : t`The studio works without a network once it was opened. As an app (from the browser's menu) it also keeps its storage better.`}
      </Text>
    </Group>
  );
}

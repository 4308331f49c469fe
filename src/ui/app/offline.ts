// Keeps the studio's files in the browser, so that it works without a network, and says when a newer version waits. That
// one takes over when the page is loaded anew: a run in training is never interrupted for it.

import { registerSW } from 'virtual:pwa-register';
import { notifications } from '@mantine/notifications';
import { t } from '../language/translate.ts';

export function keepOffline(): void {
  registerSW({
    onNeedRefresh: () =>
      notifications.show({
        id: 'newer-version',
        autoClose: false,
        title: t`A newer version of the studio is there`,
        message: t`Close all its tabs and open it again to get it. Runs and settings stay.`,
      }),
    onRegisterError: (error: unknown) => console.warn('The studio will need a network the next time.', error),
  });
}

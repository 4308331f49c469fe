// Which browser this run of the browser lane drives: STUDIO_TEST_BROWSER, `chromium` unless told otherwise.

import type { BrowserName } from './browser.ts';

export const laneBrowser: BrowserName = process.env.STUDIO_TEST_BROWSER === 'firefox' ? 'firefox' : 'chromium';

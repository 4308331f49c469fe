// One measurement in a fresh Chromium, on the page that serve-page.ts serves.

import { launchBrowser } from '../../setup/browser.ts';
import type { Measurement } from '../contestant.ts';
import type { MeasurementRequest } from '../measure.ts';
import type {} from './page.ts';

export async function measureInBrowser(url: string, request: MeasurementRequest): Promise<Measurement> {
  const browser = await launchBrowser('chromium');
  try {
    const page = await browser.newPage();
    page.on('console', (message) => process.stderr.write(`${message.type()}: ${message.text()}\n`));
    await page.goto(url);
    await page.waitForFunction('window.measureHere');
    return await page.evaluate(({ contestant, step, plan }) => window.measureHere!(contestant, step, plan), request);
  } finally {
    await browser.close();
  }
}

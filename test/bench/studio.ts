// What the studio costs a person and the page's thread, in Chromium: the first load, the time to the first loss of the
// sample, and the thread's time for a run that logs every step and has 100,000 points. Started by `npm run bench -- studio`.

import type { Browser, Page } from 'puppeteer-core';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { firstLoadBytes } from '../setup/first-load.ts';
import { click, waitFor } from '../setup/studio-driver.ts';

const HARNESS = 'test/ui-harness/index.html';
/** Long enough that some redraws of every chart lie in it. */
const WINDOW_MS = 15_000;
const SETTLE_MS = 5000;

export async function main(): Promise<number> {
  await measureFirstMinutes();
  await measureLongRun();
  return 0;
}

async function withStudio(page: string, work: (browser: Browser, url: string, folder: string) => Promise<void>) {
  const studio = await serveStudio(page);
  const browser = await launchBrowser('chromium');
  try {
    await work(browser, studio.url, studio.folder);
  } finally {
    await browser.close();
    await studio.close();
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The first visit, and the sample from its first click on. */
const measureFirstMinutes = (): Promise<void> =>
  withStudio('index.html', async (browser, url, folder) => {
    const bytes = await firstLoadBytes(folder);
    const opened = performance.now();
    const page = await openPage(browser, url, []);
    await waitFor(page, 'train-sample');
    console.log(
      `first load: ${Math.round(bytes / 1000)} kB of script, usable after ${seconds(performance.now() - opened)}`,
    );
    await page.waitForNetworkIdle({ idleTime: 1000 });
    const clicked = performance.now();
    await click(page, 'train-sample');
    await click(page, 'start-run');
    const started = performance.now();
    await page.waitForSelector(byTestId('chart-loss'), { timeout: 300_000 });
    const shown = performance.now();
    console.log(
      `the sample: first loss ${seconds(shown - started)} after Start, ${seconds(shown - clicked)} after the first click`,
    );
  });

/** A scripted worker tells some 16 logged steps a second, more than most real runs do. */
const measureLongRun = (): Promise<void> =>
  withStudio(HARNESS, async (browser, url) => {
    for (const [screen, path] of Object.entries({ Overview: '', Charts: '/charts' })) {
      const page = await openPage(browser, `${url}/${HARNESS}?scene=long#/run/long${path}`, []);
      await waitFor(page, 'chart-loss');
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      console.log(`100,000 points, 16 more a second, ${screen}: ${await threadTime(page)}`);
      await page.close();
    }
  });

/** The page's thread, and its frames, over a while. */
async function threadTime(page: Page): Promise<string> {
  const before = await page.metrics();
  const gaps = await page.evaluate(
    (duration) =>
      new Promise<number[]>((resolve) => {
        const found: number[] = [];
        const begun = performance.now();
        let last = begun;
        const frame = (now: number): void => {
          found.push(now - last);
          last = now;
          if (now - begun < duration) requestAnimationFrame(frame);
          else resolve(found);
        };
        requestAnimationFrame(frame);
      }),
    WINDOW_MS,
  );
  const after = await page.metrics();
  const perSecond = (name: 'TaskDuration' | 'ScriptDuration' | 'LayoutDuration'): number =>
    Math.round(((after[name]! - before[name]!) * 1000) / (after.Timestamp! - before.Timestamp!));
  const late = gaps.filter((gap) => gap > 50).length;
  return (
    `the page's thread works ${perSecond('TaskDuration')} ms a second (scripts ${perSecond('ScriptDuration')}, ` +
    `layout ${perSecond('LayoutDuration')}); of ${gaps.length} frames ${late} came more than 50 ms after the one before, ` +
    `the latest ${Math.round(Math.max(...gaps))} ms`
  );
}

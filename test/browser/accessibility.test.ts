// Each screen against axe's rules for WCAG 2.2 AA, in both themes, at the widths of a desktop and a phone; and a run
// started with the keyboard alone.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import { click, fixtureData, setUpRun, textOf, upload, waitForText, writeModelFolder } from '../setup/studio-driver.ts';

const ARGUMENTS = {
  max_steps: 8,
  per_device_train_batch_size: 8,
  logging_steps: 1,
  eval_strategy: 'steps',
  eval_steps: 4,
  save_steps: 4,
};
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let page: Page;
let axe: string;
const messages: string[] = [];

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  studio = await serveStudio();
  browser = await launchBrowser(laneBrowser);
  page = await openPage(browser, studio.url, messages);
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

const themeOf = (): Promise<string | null> =>
  page.$eval('html', (html) => html.getAttribute('data-mantine-color-scheme'));

/** The switch goes round: as the system, light, dark. */
async function switchTheme(wanted: 'light' | 'dark'): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const label = await page.$eval(byTestId('theme-switch'), (button) => button.getAttribute('aria-label'));
    if (label?.startsWith(`Theme: ${wanted}.`)) break;
    await click(page, 'theme-switch');
  }
  expect(await themeOf()).toBe(wanted);
}

/** What axe finds in the page as it stands, one line a fault. */
async function violations(): Promise<string[]> {
  // Colours in the middle of a transition are nobody's.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))),
  );
  await page.evaluate(axe);
  const found = await page.evaluate(async (tags: string[]) => {
    const { run } = (window as unknown as { axe: { run: (options: object) => Promise<AxeResults> } }).axe;
    const results = await run({ runOnly: { type: 'tag', values: tags } });
    return results.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${any[0]?.message ?? ''} ${html.slice(-80)}`),
    );
  }, WCAG);
  return found;
}

type Look = readonly [theme: 'light' | 'dark', width: number];
const ALL: readonly Look[] = [
  ['light', 1280],
  ['light', 390],
  ['dark', 1280],
  ['dark', 390],
];
/** Where a screen is much like others that were looked at in all ways. */
const SOME: readonly Look[] = [
  ['light', 1280],
  ['dark', 360],
];

/** And nothing sticks out to the side. */
async function expectAccessible(screen: string, looks = ALL): Promise<void> {
  for (const [theme, width] of looks) {
    await switchTheme(theme);
    await page.setViewport({ width, height: 900 });
    expect(await violations(), `${screen}, ${theme}, ${width} px`).toEqual([]);
    const excess = await page.$eval('html', (html) => html.scrollWidth - html.clientWidth);
    expect(excess, `${screen} at ${width} px is wider than the window`).toBe(0);
  }
  await page.setViewport({ width: 1280, height: 900 });
}

describe('accessibility', () => {
  it('home', async () => {
    await waitForText(page, 'device-card', /trains on/);
    await expectAccessible('home');
  });

  it('setup, filled in, and started with the keyboard alone', async () => {
    await setUpRun(page, studio.url, await writeModelFolder(), fixtureData('train.csv'), ARGUMENTS);
    await upload(page, 'data-input', await emptyFile());
    await page.waitForSelector(byTestId('error-alert'));
    await expectAccessible('setup with a fault');
    await upload(page, 'data-input', fixtureData('train.csv'));
    await page.waitForSelector(`${byTestId('start-run')}:not([disabled])`);
    await expectAccessible('setup');
    await click(page, 'hub-open-model');
    await click(page, 'hub-more-model');
    await page.waitForSelector(byTestId('hub-token'), { visible: true });
    await click(page, 'hub-open-dataset');
    await expectAccessible('setup, from the Hub');
    await click(page, 'hub-open-model');
    await click(page, 'hub-open-dataset');
    await page.focus('.skip-link');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    await tabTo('start-run');
    await page.keyboard.press('Enter');
    expect(await waitForText(page, 'run-status', /training|evaluating|completed/)).not.toBe('');
  });

  it('run, completed, each of its tabs reached by arrow keys', async () => {
    await waitForText(page, 'run-status', /completed/);
    expect(await textOf(page, 'run-step')).toBe('8 / 8');
    await page.waitForSelector(byTestId('chart-loss'));
    await expectAccessible('run: overview');
    await click(page, 'push-checkpoint');
    await page.waitForSelector(byTestId('push-dialog'), { visible: true });
    expect(await violations(), 'run: push to the Hub').toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForSelector(byTestId('push-dialog'), { hidden: true });
    await page.focus(byTestId('continue-elsewhere'));
    await page.keyboard.press('Enter');
    await page.waitForSelector(byTestId('continue-elsewhere-dialog'), { visible: true });
    expect(await violations(), 'run: continue elsewhere').toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForSelector(byTestId('continue-elsewhere-dialog'), { hidden: true });
    await page.focus(byTestId('resume-changes'));
    await page.keyboard.press('Enter');
    await page.waitForSelector(byTestId('confirm-changes'), { visible: true });
    await expectAccessible('run: train longer');
    await page.keyboard.press('Escape');
    await page.waitForSelector(byTestId('confirm-changes'), { hidden: true });
    await page.focus(byTestId('tab-overview'));
    for (const tab of ['charts', 'samples', 'metrics', 'checkpoints', 'log', 'config']) {
      await page.keyboard.press('ArrowRight');
      await page.waitForSelector(`${byTestId(`tab-${tab}`)}[aria-selected="true"]`);
      await expectAccessible(`run: ${tab}`, SOME);
      await page.focus(byTestId(`tab-${tab}`));
    }
    expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
  });

  it.each([
    ['compare', '#/compare', 'compare-results'],
    ['library', '#/library', 'library-run'],
    ['settings', '#/settings', 'language'],
    ['sweep', '#/sweep', 'start-sweep'],
  ])('%s', async (screen, hash, ready) => {
    await page.goto(`${studio.url}/${hash}`);
    await page.waitForSelector(byTestId(ready));
    await expectAccessible(screen, SOME);
  });

  it('the playground, the palette and the list of keys', async () => {
    await page.goto(`${studio.url}/#/library`);
    await page.locator(`${byTestId('library-run')} button`).click();
    await click(page, 'open-try');
    await page.waitForSelector(byTestId('predict-text'));
    await expectAccessible('try', SOME);
    await page.focus('body');
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('?');
    await page.waitForSelector(byTestId('shortcuts'), { visible: true });
    expect(await violations(), 'keys').toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForSelector(byTestId('shortcuts'), { hidden: true });
    await click(page, 'open-palette');
    await page.waitForSelector('.mantine-Spotlight-search', { visible: true });
    expect(await violations(), 'palette').toEqual([]);
    await page.keyboard.type('Settings');
    await page.keyboard.press('Enter');
    await page.waitForSelector(byTestId('language'), { visible: true });
  });
});

async function emptyFile(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'data-')), 'empty.csv');
  await writeFile(path, '');
  return path;
}

/** Presses Tab until the control has the focus. */
async function tabTo(testId: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((id) => document.activeElement?.getAttribute('data-testid') === id, testId)) return;
  }
  throw new Error(`Tab never reaches ${testId}`);
}

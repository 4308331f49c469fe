// What a person does in the studio, as functions over a page. Controls are found by their data-testid.

import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { ElementHandle, type Page } from 'puppeteer-core';
import { byTestId } from './browser.ts';
import { fixtureFolder } from './fixtures.ts';

const MODEL_FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];

/** The tiny fixture model as a folder of its own, optionally with dropout, and data to go with it. */
export async function writeModelFolder(changes: Record<string, unknown> = {}): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  const source = join(fixtureFolder('trajectory'), 'model');
  for (const name of MODEL_FILES) {
    const bytes = await readFile(join(source, name));
    await writeFile(
      join(folder, name),
      name === 'config.json' ? JSON.stringify({ ...JSON.parse(bytes.toString()), ...changes }) : bytes,
    );
  }
  return MODEL_FILES.map((name) => join(folder, name));
}

export const fixtureData = (name: 'train.csv' | 'validation.csv'): string => join(fixtureFolder('trajectory'), name);

export async function upload(page: Page, testId: string, ...paths: string[]): Promise<void> {
  const input = (await waitFor(page, testId)) as ElementHandle<HTMLInputElement>;
  await input.uploadFile(...paths);
}

/** Waits for a control; when it does not come, or the screen breaks, the error shows the page. */
export const waitFor = (page: Page, testId: string): Promise<ElementHandle> => find(page, byTestId(testId));

const BROKEN = byTestId('broken-screen');

async function find(page: Page, selector: string): Promise<ElementHandle> {
  const found = await page
    .waitForSelector(`${selector}, ${BROKEN}`, { timeout: 180_000 })
    .catch((cause: unknown) => cause);
  if (!(found instanceof ElementHandle) || (await page.$(BROKEN))) {
    throw new Error(`${selector} never appeared; the page shows:\n${await shownBy(page)}`, { cause: found });
  }
  return found;
}

const shownBy = async (page: Page): Promise<string> =>
  (await page.$eval('body', (element) => (element as HTMLElement).innerText)).slice(0, 20_000);

/** Fills in a field, again if the page was drawn anew under the keys. */
export async function fill(page: Page, testId: string, value: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    await page.locator(byTestId(testId)).fill(value);
    if ((await page.$eval(byTestId(testId), (element) => (element as HTMLInputElement).value)) === value) return;
  }
  throw new Error(`${testId} does not take ${JSON.stringify(value)}; the page shows:\n${await shownBy(page)}`);
}

const CLICKS = 4;

/** Clicks a control as soon as it is enabled and has come to rest, again if something moved it away under the pointer. */
export async function click(page: Page, testId: string): Promise<void> {
  for (let attempt = 0; attempt < CLICKS; attempt++) {
    const handle = await find(page, `${byTestId(testId)}:not([disabled]):not([data-disabled="true"])`);
    for (let before = '', now = await placeOf(handle); now !== before; ) {
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
      now = await placeOf(handle);
    }
    const heard = hearsClick(handle);
    // One that was drawn anew meanwhile is looked for again.
    await handle.click().catch(() => undefined);
    if (await heard) return;
  }
  throw new Error(`${testId} does not hear a click; the page shows:\n${await shownBy(page)}`);
}

/** Whether the element is clicked within two seconds. A click that ends the page has been heard. */
const hearsClick = (handle: ElementHandle): Promise<boolean> =>
  handle
    .evaluate(
      (element) =>
        new Promise<boolean>((resolve) => {
          element.addEventListener('click', () => resolve(true), { once: true, capture: true });
          setTimeout(() => resolve(false), 2000);
        }),
    )
    .catch(() => true);

const placeOf = (handle: ElementHandle): Promise<string> =>
  handle.evaluate((element) => {
    element.scrollIntoView({ block: 'center', behavior: 'instant' });
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height].join();
  });

export async function textOf(page: Page, testId: string): Promise<string> {
  const handle = await waitFor(page, testId);
  return (await handle.evaluate((element) => (element as HTMLElement).innerText)).trim();
}

/**
 * Waits until the text of a control satisfies the test. Asked from here rather than by a timer in the page, which a
 * browser may throttle.
 */
export async function waitForText(page: Page, testId: string, matches: RegExp, timeout = 300_000): Promise<string> {
  const pattern = new RegExp(matches.source, 'i');
  const end = Date.now() + timeout;
  while (Date.now() < end && !(await page.$(BROKEN))) {
    const text = await page.$$eval(byTestId(testId), ([element]) =>
      (element as HTMLElement | undefined)?.innerText.trim(),
    );
    if (text !== undefined && pattern.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${testId} never came to match ${matches}; the page shows:\n${await shownBy(page)}`);
}

/** Goes to setup with the given files and arguments, up to an enabled Start. */
export async function setUpRun(
  page: Page,
  url: string,
  model: string[],
  data: string,
  args: Record<string, unknown>,
): Promise<void> {
  await page.goto(`${url}/#/new`);
  await upload(page, 'model-input', ...model);
  await waitFor(page, 'model-summary');
  await upload(page, 'data-input', data);
  await waitFor(page, 'examination');
  await importArguments(page, args);
}

export async function importArguments(page: Page, args: Record<string, unknown>): Promise<void> {
  const file = join(await mkdtemp(join(tmpdir(), 'arguments-')), 'arguments.json');
  await writeFile(file, JSON.stringify(args));
  await click(page, 'args-import');
  await upload(page, 'args-import-file', file);
  await page.waitForFunction(
    (selector: string) => (document.querySelector(selector) as HTMLTextAreaElement | null)?.value.includes('{'),
    {},
    byTestId('args-import-text'),
  );
  await click(page, 'args-import-apply');
  await page.waitForFunction(
    (selector: string) => document.querySelector(selector) === null,
    {},
    byTestId('args-import-text'),
  );
}

/** Waits for one finished zip in the folder and unpacks it: path inside the model's folder to bytes. */
export async function unzipDownload(folder: string): Promise<Map<string, Uint8Array>> {
  const path = await downloadedZip(folder);
  const entries = Object.entries(unzipSync(await readFile(path)));
  return new Map(entries.map(([name, bytes]) => [name.slice(name.indexOf('/') + 1), bytes]));
}

/** The zip that comes into a folder, once it is whole. */
export async function downloadedZip(folder: string): Promise<string> {
  let size = -1;
  for (let i = 0; i < 300; i++) {
    const zip = (await readdir(folder)).find((name) => name.endsWith('.zip'));
    if (zip) {
      const now = (await stat(join(folder, zip))).size;
      if (now > 0 && now === size) return join(folder, zip);
      size = now;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no zip arrived in ${folder}`);
}

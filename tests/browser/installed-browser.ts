/** The browser of the system that browser tests run in, and how it is kept to itself. */

import { existsSync } from 'node:fs';
import type { BrowserContext } from 'playwright-core';

/** Where Chrome and Chromium are on the systems people develop on; what the environment names comes first. */
const PLACES = [
  process.env.LIKENESS_CHROMIUM,
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Undefined where none was found. */
export const browserPath = PLACES.find((path) => path !== undefined && existsSync(path));

/** No updates, no sync, no requests of its own. */
export const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Longest wait for a browser to start and for what a page is to show: on a busy machine it comes late, and no test asserts a time. */
export const PATIENCE_MS = 120_000;

/** Makes every page of a context wait as long. */
export function patient(context: BrowserContext): BrowserContext {
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

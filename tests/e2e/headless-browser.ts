import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { PORTS } from '../../shared/protocol/address.ts';

const PLACES = [
  process.env.LIKENESS_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));

/** Why browser tests cannot run here; undefined where they can. */
export const browserMissing =
  executablePath === undefined
    ? 'no Chrome or Chromium was found (apt-get install chromium, or set LIKENESS_CHROMIUM)'
    : undefined;

/** A browser that keeps to itself: no updates, no sync, no requests of its own. */
export function openBrowser(): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: executablePath!, args });
}

/**
 * A profile of its own. The plugin asks all its ports for a companion: here it reaches only the test's own, and not
 * the one that whoever runs the tests may be using.
 */
export async function openProfile(browser: Browser, port: number): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  for (const other of PORTS.filter((one) => one !== port)) {
    await context.route(`http://localhost:${other}/**`, (route) => route.abort());
  }
  return context;
}

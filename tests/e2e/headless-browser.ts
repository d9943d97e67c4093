import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { PORTS } from '../../shared/protocol/connection.ts';
import { browserPath, QUIET } from '../browser/installed-browser.ts';

/** The reason why browser tests cannot run here; undefined where they can. */
export const browserMissing =
  browserPath === undefined
    ? 'no Chrome or Chromium was found (apt-get install chromium, or set LIKENESS_CHROMIUM)'
    : undefined;

/** A browser that keeps to itself. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath!, args: QUIET });
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

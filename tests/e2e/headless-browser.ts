import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { PORTS } from '../../shared/protocol/connection.ts';
import { browserPath, PATIENCE_MS, patient, QUIET } from '../browser/installed-browser.ts';

/** The reason why browser tests cannot run here; undefined where they can. */
export const browserMissing =
  browserPath === undefined
    ? 'no Chrome or Chromium was found (apt-get install chromium, or set LIKENESS_CHROMIUM)'
    : undefined;

/** A browser that keeps to itself. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath!, args: QUIET, timeout: PATIENCE_MS });
}

/** A profile of its own. Nothing in it moves: a check in the middle of a fade finds colours that no view has. */
export async function openContext(
  browser: Browser,
  viewport: NonNullable<BrowserContextOptions['viewport']> = { width: 1440, height: 900 },
): Promise<BrowserContext> {
  return patient(await browser.newContext({ viewport, colorScheme: 'light', reducedMotion: 'reduce' }));
}

/**
 * A profile in which the plugin finds one companion. It asks all its ports for a companion: here it reaches only the test's own, and not
 * the one that whoever runs the tests may be using.
 */
export async function openProfile(browser: Browser, port: number): Promise<BrowserContext> {
  const context = await openContext(browser);
  for (const other of PORTS.filter((one) => one !== port)) {
    await context.route(`http://localhost:${other}/**`, (route) => route.abort());
  }
  return context;
}

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

/** Where Chrome and Chromium are on the systems people develop on; CHROME_PATH comes first. */
const PLACES = [
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The panel's size in Figma (plugin/main/main.ts). */
export const PANEL = { width: 376, height: 640 } as const;

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const browserPath = PLACES.find((path) => path !== undefined && existsSync(path));

export interface TestBrowser {
  readonly context: BrowserContext;
  readonly close: () => Promise<void>;
}

/** A browser with a profile of its own, gone when it is closed. */
export async function startBrowser(): Promise<TestBrowser> {
  if (browserPath === undefined) throw new Error('no Chrome or Chromium found; set CHROME_PATH');
  const profile = mkdtempSync(join(tmpdir(), 'likeness-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath,
    headless: true,
    args: QUIET,
    viewport: PANEL,
    deviceScaleFactor: 2,
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

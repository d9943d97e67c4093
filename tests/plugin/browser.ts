import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { browserPath, PATIENCE_MS, patient, QUIET } from '../browser/installed-browser.ts';

/** The panel's size in Figma (plugin/main/main.ts). */
const PANEL = { width: 376, height: 640 } as const;

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
    // Only pictures are looked at so closely.
    deviceScaleFactor: process.env.LIKENESS_PICTURES === undefined ? 1 : 2,
    timeout: PATIENCE_MS,
    // A check in the middle of a fade finds colours that no view has.
    reducedMotion: 'reduce',
  });
  patient(context);
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  return { context, close };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from '../server/free-port.ts';
import { CompanionProcess, e2eModel, type ProcessOptions } from './companion-process.ts';
import { browserMissing, openBrowser, openProfile } from './headless-browser.ts';
import { StudioDriver } from './studio-driver.ts';

const noModel = e2eModel === undefined ? 'there is no base model in models/' : undefined;

/** The reason why nothing here can be tested; undefined where everything can. */
export const cannotRun = browserMissing ?? noModel;

/** A companion with an empty data folder, and a browser with an empty profile. */
export class BenchTable {
  companion: CompanionProcess;
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly #home: string;
  readonly #port: number;
  readonly #options: ProcessOptions;

  private constructor(parts: {
    companion: CompanionProcess;
    browser: Browser;
    context: BrowserContext;
    home: string;
    port: number;
    options: ProcessOptions;
  }) {
    this.companion = parts.companion;
    this.browser = parts.browser;
    this.context = parts.context;
    this.#home = parts.home;
    this.#port = parts.port;
    this.#options = parts.options;
  }

  static async set(options: ProcessOptions = {}): Promise<BenchTable> {
    const port = await freePort();
    const home = await mkdtemp(join(tmpdir(), 'likeness-e2e-'));
    const companion = await CompanionProcess.start(home, port, options);
    const browser = await openBrowser();
    const context = await openProfile(browser, port);
    return new BenchTable({ companion, browser, context, home, port, options });
  }

  openStudio(): Promise<StudioDriver> {
    return StudioDriver.open(this.context, this.companion.studio);
  }

  /** The same data folder and port, a new process. */
  async startAgain(): Promise<void> {
    this.companion = await CompanionProcess.start(this.#home, this.#port, this.#options);
  }

  async clear(): Promise<void> {
    await this.browser.close();
    await this.companion.stop();
    await rm(this.#home, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Bench {
  readonly table: BenchTable;
  readonly studio: StudioDriver;
}

/** Sets a table with an open studio before the tests of a `describe`, and clears it after them. */
export function useBench(take: (bench: Bench) => void | Promise<void>, options?: ProcessOptions): void {
  let table: BenchTable | undefined;
  beforeAll(async () => {
    table = await BenchTable.set(options);
    await take({ table, studio: await table.openStudio() });
  });
  afterAll(() => table?.clear());
}

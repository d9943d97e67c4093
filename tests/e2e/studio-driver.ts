import type { BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';

/** Waits on the machine's mercy: a test computer that trains a model beside is slow, and no test asserts a time. */
const PATIENCE_MS = 240_000;

interface Asked {
  readonly prompt: string;
  readonly count: number;
  readonly steps: number;
  /** Of the first picture; one by chance where none is given. */
  readonly seed?: number | undefined;
}

/** The studio as a person uses it: what is seen and pressed, by its name. */
export class StudioDriver {
  readonly page: Page;
  readonly plugin: FrameLocator;
  readonly layers: Locator;
  /** Errors of page, plugin and sandbox; there should be none. */
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    this.plugin = page.frameLocator('aside iframe');
    this.layers = page.getByRole('listbox', { name: 'Layers' }).getByRole('option');
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      // A browser says this of every refused connection, and connections are refused on purpose here.
      if (
        message.type() === 'error' &&
        !/Failed to load resource|WebSocket connection/.test(message.text())
      ) {
        this.errors.push(message.text());
      }
    });
  }

  static async open(context: BrowserContext, address: string): Promise<StudioDriver> {
    const page = await context.newPage();
    await page.addInitScript(() => {
      const seen: number[] = [];
      Object.assign(window, { longTasks: seen });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) seen.push(duration);
      }).observe({ entryTypes: ['longtask'] });
    });
    const driver = new StudioDriver(page);
    await page.goto(address);
    return driver;
  }

  /** Milliseconds of each time the page's main thread was held for more than 50. */
  longTasks(): Promise<readonly number[]> {
    return this.page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
  }

  /** The longest time one event kept the plugin's main thread. */
  async pluginBlockMs(): Promise<number> {
    return Number(await this.page.locator('aside.panel').getAttribute('data-longest-block-ms'));
  }

  async pair(code: string): Promise<void> {
    await this.plugin.getByLabel('Code', { exact: true }).fill(code);
    await this.plugin.getByRole('tab', { name: 'Generate' }).waitFor();
  }

  async addSamples(name: RegExp): Promise<void> {
    await this.page.getByRole('region', { name: 'First steps' }).getByRole('button', { name }).click();
    await this.layers.nth(3).waitFor();
  }

  async addPicture({ name, bytes }: { name: string; bytes: Uint8Array }): Promise<void> {
    const before = await this.layers.count();
    const chosen = this.page.waitForEvent('filechooser');
    await this.page.getByRole('button', { name: 'Add pictures' }).click();
    await (await chosen).setFiles({ name, mimeType: 'image/png', buffer: Buffer.from(bytes) });
    await this.layerCount(before + 1);
  }

  /** Drops files on the canvas, as they come from a camera. */
  async dropFiles(
    files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
    [clientX, clientY]: readonly [number, number] = [700, 400],
  ): Promise<void> {
    const sent = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
    const dropped = await this.page.evaluateHandle((all) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of all) {
        const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([data], name, { type: 'image/png' }));
      }
      return transfer;
    }, sent);
    const canvas = this.page.getByRole('main', { name: 'Canvas' });
    await canvas.dispatchEvent('drop', { dataTransfer: dropped, clientX, clientY });
  }

  /** Drops files on the canvas, plain ones, and looks for the word that they may be dropped there. */
  async dropPictures(pictures: { count: number; width: number; height: number }): Promise<void> {
    const files = await this.page.evaluateHandle(async ({ count, width, height }) => {
      const canvas = new OffscreenCanvas(width, height);
      canvas.getContext('2d')!.fillRect(0, 0, width, height);
      const blob = await canvas.convertToBlob();
      const transfer = new DataTransfer();
      for (let index = 0; index < count; index++)
        transfer.items.add(new File([blob], `photo ${index}.png`, { type: 'image/png' }));
      return transfer;
    }, pictures);
    const canvas = this.page.getByRole('main', { name: 'Canvas' });
    await canvas.dispatchEvent('dragover', { dataTransfer: files });
    await this.page.getByText('Drop pictures to put them on the canvas').waitFor();
    await canvas.dispatchEvent('drop', { dataTransfer: files, clientX: 900, clientY: 500 });
  }

  async show(view: 'Generate' | 'Teach' | 'Library' | 'History'): Promise<void> {
    await this.plugin.getByRole('tab', { name: view }).click();
  }

  async teach({ name, classWord, steps }: { name: string; classWord: string; steps: number }): Promise<void> {
    await this.show('Teach');
    await this.plugin.getByLabel('Name', { exact: true }).fill(name);
    await this.plugin.getByLabel('It is a').fill(classWord);
    await this.setSteps(steps);
    await this.plugin.getByRole('button', { name: 'Teach', exact: true }).click();
  }

  /** Until a teaching has ended, whatever it came to: a few steps teach little. */
  async learned(): Promise<void> {
    await this.plugin.getByText(/^(Learned in|No picture yet looks)/).waitFor();
  }

  /** Until steps are being made. */
  async learning(): Promise<void> {
    await this.plugin.getByText(/^Learning, \d+ of/).waitFor();
  }

  async backToFrames(): Promise<void> {
    await this.plugin.getByRole('button', { name: 'Back to the frames' }).click();
  }

  async generate(asked: Asked): Promise<void> {
    await this.show('Generate');
    await this.describe(asked);
    await this.plugin.getByRole('button', { name: /^(Generate|Add to queue)/ }).click();
  }

  /** Fills the selected layer. */
  async fill(asked: Asked): Promise<void> {
    await this.describe(asked);
    await this.plugin.getByRole('button', { name: /^Fill the/ }).click();
  }

  /** Paints scenes around the selected cut-out. */
  async paintScenes(asked: Asked): Promise<void> {
    await this.describe(asked);
    await this.plugin.getByRole('button', { name: /^Paint (a|\d+) scene/ }).click();
  }

  /** Draws a layer with a tool, from corner to corner in pixels of the page. */
  async draw(tool: string, { from, to }: Record<'from' | 'to', readonly [number, number]>): Promise<void> {
    await this.page.getByRole('button', { name: tool }).click();
    await this.page.mouse.move(...from);
    await this.page.mouse.down();
    await this.page.mouse.move(...to, { steps: 3 });
    await this.page.mouse.up();
  }

  private async describe(asked: Asked): Promise<void> {
    const { prompt, count, steps, seed } = asked;
    await this.plugin.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
    // The list of names that the @ opened lies over what comes next.
    await this.plugin.getByRole('textbox', { name: 'Prompt' }).press('Escape');
    await this.plugin
      .getByRole('button', { name: count === 1 ? '1 variant' : `${count} variants`, exact: true })
      .click();
    if (seed !== undefined) await this.plugin.getByLabel('Seed', { exact: true }).fill(String(seed));
    await this.setSteps(steps);
  }

  /** Number of pictures that documents of this browser keep. */
  storedPictures(): Promise<number> {
    return this.page.evaluate(async () => {
      const [{ name }] = (await indexedDB.databases()) as [{ name: string }];
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
      });
      const count = database.transaction('pictures').objectStore('pictures').count();
      return new Promise<number>((resolve) => {
        count.onsuccess = () => {
          database.close();
          resolve(count.result);
        };
      });
    });
  }

  private async setSteps(steps: number): Promise<void> {
    const settings = this.plugin.locator('.more details');
    if ((await settings.getAttribute('open')) === null) await settings.locator('summary').click();
    await this.plugin.getByLabel('Steps').fill(String(steps));
  }

  async variantsDone(): Promise<void> {
    await this.plugin.getByRole('heading', { name: 'Variants' }).waitFor();
  }

  /** Names of the frames, front first. */
  layerNames(): Promise<readonly string[]> {
    return this.layers.allInnerTexts();
  }

  /** Hashes of the pictures that the frames show, front first; null for a frame without one. */
  pictures(): Promise<readonly (string | null)[]> {
    return this.layers.evaluateAll((options) => options.map((option) => option.getAttribute('data-picture')));
  }

  /** Until as many frames as this are on the canvas. */
  async layerCount(count: number): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => document.querySelectorAll('[role=option]').length === wanted,
      count,
    );
  }

  async undo(): Promise<void> {
    await this.page.getByRole('button', { name: 'Undo' }).click();
  }

  async useTheme(theme: 'light' | 'dark'): Promise<void> {
    const button = this.page.getByRole('button', { name: `Switch to ${theme}` });
    if ((await button.count()) > 0) await button.click();
    await this.page.locator(`html[data-theme=${theme}]`).waitFor();
    await this.plugin.locator(`html.figma-${theme}`).waitFor();
  }

  async newDocument(): Promise<void> {
    await this.page.getByRole('button', { name: 'New document' }).click();
    await this.page.getByRole('region', { name: 'First steps' }).waitFor();
  }

  async openDocument(name: string): Promise<void> {
    await this.page
      .getByRole('navigation', { name: 'Documents' })
      .getByRole('button', { name, exact: true })
      .click();
  }
}

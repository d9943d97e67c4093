/**
 * The panel as Figma holds it, in a browser: a frame without an origin on a page of this computer, which plays the main
 * thread's part and keeps what the panel gives it to keep.
 */

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, FrameLocator, Page } from 'playwright-core';

const HOST_PAGE = `<!doctype html><title>host</title><body style="margin:0"><script>
const kept = JSON.parse(new URLSearchParams(location.search).get('kept'));
window.pairing = kept;
addEventListener('message', ({ data: { pluginMessage } }) => {
  if (pluginMessage.type === 'store-pairing') window.pairing = pluginMessage.pairing;
  if (pluginMessage.type !== 'ready') return;
  const hello = { type: 'hello', command: 'open', pairing: kept, draft: null, openBatches: [], waitingRows: [] };
  frames[0].postMessage({ pluginMessage: hello }, '*');
});
fetch('/ui').then((answer) => answer.text()).then((html) => {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.style.cssText = 'border:0;width:376px;height:640px';
  frame.srcdoc = html;
  document.body.append(frame);
});
</script>`;

export class FigmaPage {
  readonly page: Page;
  readonly panel: FrameLocator;

  private constructor(page: Page) {
    this.page = page;
    this.panel = page.frameLocator('iframe');
  }

  /** @param pairing as an earlier run of the plugin kept it */
  static async open(context: BrowserContext, host: FigmaHost, pairing: string | null): Promise<FigmaPage> {
    const page = await context.newPage();
    await page.goto(`${host.address}/?kept=${encodeURIComponent(JSON.stringify(pairing))}`);
    return new FigmaPage(page);
  }

  async atWork(): Promise<void> {
    await this.panel.getByRole('tab', { name: 'Generate' }).waitFor();
    await this.panel.getByText('On this computer').waitFor();
  }

  /** What is kept for the next run; null as long as nothing is. */
  pairing(): Promise<string> {
    return this.page.evaluate(() => (window as unknown as { pairing: string }).pairing);
  }
}

/** Serves the page that holds the panel; browsers let pages of this computer reach this computer. */
export class FigmaHost {
  readonly address: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.address = `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<FigmaHost> {
    const ui = fileURLToPath(new URL('../../plugin/dist/ui.html', import.meta.url));
    const server = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(request.url === '/ui' ? readFileSync(ui) : HOST_PAGE);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FigmaHost(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

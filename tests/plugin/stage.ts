/** The built UI as Figma holds it: a sandboxed iframe without an origin, under a content policy, in a page of its own. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Frame, Page } from 'playwright-core';
import type { MainToUi, UiToMain } from '../../plugin/messages.ts';
import type { FakeCompanion } from './fake-companion.ts';
import { TOKEN } from './fake-gate.ts';

export type Theme = 'light' | 'dark';

/** The interface's own font, as on a machine that has it; elsewhere the system's takes its place. */
const INTER = [400, 500, 600].map((weight) => {
  const file = `../../node_modules/@fontsource/inter/files/inter-latin-${weight}-normal.woff2`;
  const data = readFileSync(fileURLToPath(new URL(file, import.meta.url))).toString('base64');
  return `@font-face{font-family:Inter;font-weight:${weight};src:url(data:font/woff2;base64,${data})}`;
});

const dist = (file: string) => fileURLToPath(new URL(`../../plugin/dist/${file}`, import.meta.url));

/** The variables that Figma puts into the page for `themeColors: true`; the ones that the UI reads. */
const FIGMA_COLOURS: Readonly<Record<Theme, string>> = {
  light:
    '--figma-color-bg:#ffffff;--figma-color-bg-secondary:#f5f5f5;--figma-color-border:#e6e6e6;--figma-color-text:rgba(0,0,0,0.9)',
  dark: '--figma-color-bg:#2c2c2c;--figma-color-bg-secondary:#383838;--figma-color-border:#444444;--figma-color-text:#ffffff',
};
/** The addresses of the manifest, and nothing else. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src blob: data:; font-src data:; " +
  'connect-src http://localhost:17653 ws://localhost:17653 http://localhost:17654 http://localhost:17655';

export interface Stage {
  readonly page: Page;
  readonly ui: Frame;
  /** From the UI to the main thread, in order. */
  readonly sent: readonly UiToMain[];
  /** As if the main thread said it. Bytes travel as they do in Figma. */
  readonly say: (message: MainToUi) => Promise<void>;
  /** As Figma does when its own theme is changed. */
  readonly useTheme: (theme: Theme) => Promise<void>;
  /** Errors in the browser's console. */
  readonly complaints: readonly string[];
}

/** First message of the main thread to a plugin that was paired and has nothing open. */
export function hello(part: Partial<Extract<MainToUi, { type: 'hello' }>> = {}): MainToUi {
  const nothing = { draft: null, openBatches: [], waitingRows: [] };
  return { type: 'hello', command: 'open', pairing: TOKEN, ...nothing, ...part };
}

export async function openStage(
  context: BrowserContext,
  theme: Theme,
  companion: FakeCompanion,
): Promise<Stage> {
  const page = await context.newPage();
  const sent: UiToMain[] = [];
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A refused connection is what these tests arrange, and the browser reports it by itself.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
      complaints.push(message.text());
  });
  await companion.attach(page);
  await page.exposeFunction('hear', (message: UiToMain) => void sent.push(message));
  const html = readFileSync(dist('ui.html'), 'utf8')
    .replace('<html', `<html class="figma-${theme}" style="${FIGMA_COLOURS[theme]}"`)
    .replace(
      '<head>',
      `<head><meta http-equiv="Content-Security-Policy" content="${POLICY}"><style>${INTER.join('')}</style>`,
    );
  await page.setContent('<!doctype html><body style="margin:0"></body>');
  await page.evaluate((source) => {
    const { hear } = window as unknown as { hear: (message: unknown) => void };
    window.addEventListener('message', ({ data }) => hear(data.pluginMessage));
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts allow-downloads allow-popups');
    frame.style.cssText = 'display:block;border:0;width:100vw;height:100vh';
    frame.srcdoc = source;
    document.body.append(frame);
  }, html);
  const ui = page.frames()[1]!;
  await ui.waitForSelector('main p');
  const say = (message: MainToUi) =>
    page.evaluate(
      ([text, bytes]) => {
        const pluginMessage = JSON.parse(text);
        if (bytes !== null)
          pluginMessage.bytes = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
        document.querySelector('iframe')!.contentWindow!.postMessage({ pluginMessage }, '*');
      },
      [
        JSON.stringify({
          ...message,
          ...('bytes' in message && message.bytes !== null && { bytes: undefined }),
        }),
        'bytes' in message && message.bytes !== null ? Buffer.from(message.bytes).toString('base64') : null,
      ] as const,
    );
  const useTheme = (other: Theme) =>
    ui.evaluate(
      ([name, colours]) => {
        document.documentElement.className = name;
        document.documentElement.style.cssText = colours;
      },
      [`figma-${other}`, FIGMA_COLOURS[other]] as const,
    );
  return { page, ui, sent, say, useTheme, complaints };
}

/**
 * The studio, and the plugin's UI as it runs inside it. The UI is held exactly as Figma holds it: an origin of `null`,
 * everything inline, and no address to talk to but this server's.
 */

import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { RequestHandler } from 'express';
import { PORTS } from '../../../shared/protocol/connection.ts';

/** The plugin's page with Figma's theme before it, as plugin/studio/build.ts makes it. */
const UI_PAGE = 'studio/panel.html';

/** As Figma gets it; were it opened here, it would be held the same way. */
const BARE_UI_PAGE = 'ui.html';

const STUDIO_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Where the plugin's main thread runs.
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `sandbox` without allow-same-origin: the page has the origin `null` even where it is opened by itself. */
function uiPolicy(port: number): string {
  const addresses = [...new Set([port, ...PORTS])].flatMap((one) => [
    `http://localhost:${one}`,
    `ws://localhost:${one}`,
  ]);
  return [
    "default-src 'none'",
    "script-src 'unsafe-inline'",
    "style-src 'unsafe-inline'",
    'img-src blob: data:',
    'font-src data:',
    `connect-src blob: data: ${addresses.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    // Downloads of concepts, and pages of licences in a window of their own, as Figma's frame allows them.
    'sandbox allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox',
  ].join('; ');
}

/** By its extension; other files of the build are not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'html',
  '.js': 'js',
  '.css': 'css',
  '.json': 'json',
  '.png': 'png',
  '.jpg': 'jpg',
  '.svg': 'svg',
  '.woff2': 'woff2',
};

/** Addresses that are not the file's own name. */
const NAMED: Readonly<Record<string, string>> = { '/': 'studio.html', '/plugin-ui.html': UI_PAGE };

/** @param folder the plugin's build */
export function pageRoutes(folder: string, port: number): RequestHandler {
  return async (request, response, next) => {
    if (request.method !== 'GET') return next();
    const file = NAMED[request.path] ?? (await builtFile(folder, request.path));
    if (file === undefined) return next();
    const isUi = file === UI_PAGE || file === BARE_UI_PAGE;
    response.set({
      'Content-Security-Policy': isUi ? uiPolicy(port) : STUDIO_POLICY,
      'X-Frame-Options': isUi ? 'SAMEORIGIN' : 'DENY',
    });
    response.type(TYPES[extname(file)]!).send(await readFile(join(folder, file)));
  };
}

/** The file that is there under this address. What a request says is compared, and never becomes a file's name. */
async function builtFile(folder: string, address: string): Promise<string | undefined> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.map((name) => name.replaceAll(sep, '/'));
  return files.find((file) => `/${file}` === address && TYPES[extname(file)] !== undefined);
}

/**
 * buildStudio: the studio from its sources and the built plugin, as the companion serves it: `plugin/dist/studio.html`
 * and the files it loads, beside it in `studio/`.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { lastChangeMs, writeAtomically } from '../output.ts';
import { type NetworkAccess, pluginPolicy, STUDIO_POLICY } from './build/content-policy.ts';
import { figmaThemeStyle } from './build/figma-colours.ts';

const source = fileURLToPath(new URL('.', import.meta.url));
const root = join(source, '../..');
const plugin = join(root, 'plugin/dist');
const dist = join(plugin, 'studio');

/** Products that the embedded model never saw; transparent cut-outs, four of each are taught. */
const SAMPLES = ['aurora', 'summit'] as const;
const FRAMES_A_SAMPLE = 4;

interface Manifest {
  readonly id: string;
  readonly name: string;
  readonly main: string;
  readonly ui: string;
  readonly networkAccess: NetworkAccess;
  readonly relaunchButtons: readonly { readonly command: string; readonly name: string }[];
}

/** Brings the studio up to date; call it after `buildPlugin`. Cheap when there is nothing to do. */
export async function buildStudio(): Promise<void> {
  const manifestFile = join(root, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
  const inputs = [source, manifestFile, join(root, manifest.main), join(root, manifest.ui)];
  const last = join(plugin, 'studio.html');
  const builtAtMs = statSync(last, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (builtAtMs > Math.max(...inputs.map(lastChangeMs))) return;

  mkdirSync(join(dist, 'samples'), { recursive: true });
  const write = (name: string, text: string) => writeAtomically(join(dist, name), text);
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const [worker] = await Promise.all([sandboxWorker(), studioPage()]);
  // One file: what a worker loads by itself, in the middle of its start, is cut off when the run is stopped.
  write('sandbox.js', wrappedMain(read(manifest.main)) + worker);
  write('panel.html', panelPage(read(manifest.ui), manifest.networkAccess));
  copyFileSync(join(source, 'page/icon.svg'), join(dist, 'icon.svg'));
  const { id, name, relaunchButtons } = manifest;
  write('settings.json', JSON.stringify({ plugin: { id, name }, relaunchButtons, samples: copiedSamples() }));
  // Last: its time says that all of the build is there.
  const page = readFileSync(join(source, 'page/index.html'), 'utf8');
  writeAtomically(last, page.replace('/* policy */', STUDIO_POLICY));
}

const SHARED: BuildOptions = {
  bundle: true,
  minify: true,
  target: 'chrome110',
  platform: 'browser',
  legalComments: 'none',
  logLevel: 'warning',
  jsx: 'automatic',
  jsxImportSource: 'preact',
};

async function studioPage(): Promise<void> {
  const entryPoints = [join(source, 'page/main.tsx')];
  await build({ ...SHARED, entryPoints, format: 'esm', outfile: join(dist, 'studio.js') });
}

async function sandboxWorker(): Promise<string> {
  const entryPoints = [join(source, 'figma/sandbox-worker.ts')];
  const { outputFiles } = await build({ ...SHARED, entryPoints, format: 'iife', write: false });
  return outputFiles![0]!.text;
}

function copiedSamples() {
  return SAMPLES.map((name) => {
    const folder = join(root, 'examples', name);
    const { description } = JSON.parse(readFileSync(join(folder, 'product.json'), 'utf8')) as {
      description: string;
    };
    const files = readdirSync(folder)
      .filter((file) => file.startsWith('cutout-'))
      .sort()
      .slice(0, FRAMES_A_SAMPLE)
      .map((file) => {
        const copy = `samples/${name}-${file}`;
        copyFileSync(join(folder, file), join(dist, copy));
        return copy;
      });
    return {
      name,
      title: description.replace(/^an? /, '').replace(/^./, (first) => first.toUpperCase()),
      files,
    };
  });
}

const ABSENT = [
  ...['window', 'self', 'document', 'navigator', 'location', 'name', 'origin', 'parent', 'top', 'frames'],
  ...['addEventListener', 'removeEventListener', 'dispatchEvent', 'postMessage', 'onmessage', 'close'],
  ...[
    'fetch',
    'XMLHttpRequest',
    'WebSocket',
    'WebSocketStream',
    'EventSource',
    'WebTransport',
    'importScripts',
  ],
  ...['Headers', 'Request', 'Response', 'FormData', 'AbortController', 'AbortSignal'],
  ...['TextEncoder', 'TextDecoder', 'URL', 'URLSearchParams', 'Blob', 'File', 'FileReader', 'atob', 'btoa'],
  ...['ReadableStream', 'WritableStream', 'TransformStream', 'CompressionStream', 'DecompressionStream'],
  ...['crypto', 'performance', 'structuredClone', 'queueMicrotask', 'requestAnimationFrame', 'reportError'],
  ...['Event', 'EventTarget', 'CustomEvent', 'MessageChannel', 'MessagePort', 'BroadcastChannel', 'Worker'],
  ...['indexedDB', 'caches', 'localStorage', 'sessionStorage', 'cookieStore'],
  ...['OffscreenCanvas', 'ImageData', 'ImageBitmap', 'createImageBitmap', 'Image', 'HTMLElement', 'Node'],
];

/**
 * The plugin's main bundle in a function that gives it what Figma's sandbox has and nothing more: JavaScript itself,
 * `figma`, `__html__`, `console` and timers. Everything else a worker offers is a parameter of the same name that
 * nobody fills in. (Figma's sandbox also has `fetch`; Likeness keeps networking in the UI, so it is not there.)
 */
export function wrappedMain(bundle: string): string {
  const parameters = ['figma', '__html__', ...ABSENT, 'globalThis'];
  // Strict, so that `this` is no way back to the worker; globalThis is an empty object of its own.
  return `self.runPluginMain = function (figma, __html__) {
  (function (${parameters.join(', ')}) {
'use strict';
${bundle}
  }).call(undefined, figma, __html__, ${ABSENT.map(() => 'undefined').join(', ')}, {});
};
`;
}

/** Figma sets the theme class before the plugin's page is seen, and again whenever the person changes it. */
const THEME_SCRIPT = `
const show = (theme) => (document.documentElement.className = theme === 'dark' ? 'figma-dark' : 'figma-light');
show(new URLSearchParams(location.search).get('theme'));
addEventListener('message', (event) => {
  if (event.source === parent && event.data && event.data.studioTheme) {
    event.stopImmediatePropagation();
    show(event.data.studioTheme);
  }
});`;

/** The plugin's page as the studio frames it: as it is, with Figma's content policy and theme before it. */
export function panelPage(uiHtml: string, access: NetworkAccess): string {
  const head = [
    `<meta http-equiv="Content-Security-Policy" content="${pluginPolicy(access)}" />`,
    `<style>${figmaThemeStyle()}</style>`,
    `<script>${THEME_SCRIPT}</script>`,
  ].join('\n    ');
  if (!uiHtml.includes('<head>'))
    throw new Error('internal: the plugin page has no <head> for the content policy');
  return uiHtml.replace('<head>', () => `<head>\n    ${head}`);
}

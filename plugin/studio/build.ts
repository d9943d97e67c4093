/**
 * Builds the studio from its sources and the built plugin, what the companion serves: `plugin/dist/studio.html`
 * and the files it loads, beside it in `studio/`.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { lastChangeMs, writeAtomically } from '../output.ts';
import { type NetworkAccess, STUDIO_POLICY } from './build/content-policy.ts';
import { wrappedMain } from './main-wrapper.ts';
import { panelPage } from './panel-page.ts';

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

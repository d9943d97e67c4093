/**
 * Builds the plugin as Figma runs it: one script for the main thread, one self-contained page for the UI.
 * Style and script are inline because the page has no address from which it could load more.
 */

import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { lastChangeMs, writeAtomically } from './output.ts';

const plugin = fileURLToPath(new URL('.', import.meta.url));
const dist = join(plugin, 'dist');
const outputs = [join(dist, 'main.js'), join(dist, 'ui.html')];
/** The lock file stands for the libraries that are built in. */
const sources = ['main', 'ui', 'messages.ts', 'build.ts', '../shared', '../package-lock.json'];

/** The place of Likeness, by which its texts tell people what to type. */
export type Home = 'clone' | 'installed';

/** Addresses of a module there, in place of the bundle's own: shared/errors.ts asks. */
const MODULE_ADDRESS: Readonly<Record<Home, string>> = {
  clone: 'file:///likeness/',
  installed: 'file:///node_modules/likeness/',
};

/** Brings `plugin/dist` up to date; cheap when it is. */
export async function buildPlugin(home: Home = 'clone'): Promise<void> {
  if (isFresh()) return;
  mkdirSync(dist, { recursive: true });
  const define = { 'import.meta.url': JSON.stringify(MODULE_ADDRESS[home]) };
  const [main, ui] = await Promise.all([bundleMain(define), bundleUi(define)]);
  writeAtomically(outputs[0]!, main);
  writeAtomically(outputs[1]!, ui);
}

function isFresh(): boolean {
  const built = outputs.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.min(...built) > Math.max(...sources.map((source) => lastChangeMs(join(plugin, source))));
}

const SHARED: BuildOptions = {
  bundle: true,
  minify: true,
  write: false,
  legalComments: 'none',
  logLevel: 'warning',
  outdir: dist,
};

/** zod carries its messages in fifty languages, 260 kB of them. People read our advice, never zod's messages. */
const withoutTranslations: Plugin = {
  name: 'without-translations',
  setup: ({ onLoad }) => onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: '' })),
};

async function bundleMain(define: Record<string, string>): Promise<string> {
  const { outputFiles } = await build({
    ...SHARED,
    define,
    entryPoints: [join(plugin, 'main/main.ts')],
    // Figma's sandbox is a JavaScript engine of its own; ES2017 is what it is documented to parse.
    target: 'es2017',
    format: 'iife',
    platform: 'neutral',
  });
  return outputFiles![0]!.text;
}

async function bundleUi(define: Record<string, string>): Promise<string> {
  const { outputFiles } = await build({
    ...SHARED,
    define,
    entryPoints: [join(plugin, 'ui/main.tsx')],
    target: 'chrome123',
    format: 'iife',
    platform: 'browser',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    plugins: [withoutTranslations],
  });
  const output = (extension: string) => outputFiles!.find(({ path }) => path.endsWith(extension))?.text ?? '';
  // Inside a page, `</script` would end the script wherever it stands.
  const script = output('.js').replaceAll('</script', '<\\/script');
  const page = readFileSync(join(plugin, 'ui/page.html'), 'utf8');
  // Replacer functions: the bundles hold `$&` and the like.
  return page.replace('/* style */', () => output('.css')).replace('/* script */', () => script);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildPlugin();
  for (const file of outputs) console.error(`${file}: ${(statSync(file).size / 1000).toFixed(1)} kB`);
}

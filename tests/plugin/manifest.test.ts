import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import { launchCommand } from '../../plugin/main/variant-batches.ts';
import { HOST, PORTS } from '../../shared/protocol/connection.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}manifest.json`, 'utf8')) as {
  readonly name: string;
  readonly id: string;
  readonly api: string;
  readonly main: string;
  readonly ui: string;
  readonly editorType: readonly string[];
  readonly documentAccess: string;
  readonly networkAccess: { readonly allowedDomains: readonly string[]; readonly reasoning: string };
  readonly relaunchButtons: readonly { readonly command: string; readonly name: string }[];
};

beforeAll(() => buildPlugin());

/** Figma's rules, from its documentation and validator. */
describe('the manifest', () => {
  it('has what Figma requires of a new plugin', () => {
    expect(manifest).toMatchObject({ name: 'Likeness', api: '1.0.0', documentAccess: 'dynamic-page' });
    expect(manifest.id).toMatch(/\S/);
    expect(manifest.editorType).toEqual(['figma']);
  });

  it('names built files in its own folder or below', () => {
    for (const path of [manifest.main, manifest.ui]) {
      expect(path).not.toMatch(/^\/|\.\.|\\/);
      expect(existsSync(root + path), path).toBe(true);
    }
  });

  it('may reach the companion at its fixed ports, and nothing else', () => {
    const expected = PORTS.flatMap((port) => [`http://${HOST}:${port}`, `ws://${HOST}:${port}`]);
    expect(manifest.networkAccess.allowedDomains).toEqual(expected);
  });

  it('gives only domains that Figma accepts: a scheme, the word localhost, a port', () => {
    for (const domain of manifest.networkAccess.allowedDomains) {
      expect(domain).toMatch(/^(https?|wss?):\/\/localhost:\d{1,5}$/);
    }
  });

  it('says why it needs localhost', () =>
    expect(manifest.networkAccess.reasoning.length).toBeGreaterThan(20));

  it('has a relaunch button for each command that the plugin knows', () => {
    const commands = manifest.relaunchButtons.map(({ command }) => command);
    expect(commands).toEqual(['more', 'reprompt']);
    expect(commands.map(launchCommand)).toEqual(commands);
    for (const { name } of manifest.relaunchButtons) expect(name).toMatch(/\S/);
  });
});

describe('the built main thread', () => {
  const source = () => readFileSync(root + manifest.main, 'utf8');

  /** Printed twice: any syntax after ES2017 would be lowered in one of them. */
  async function isEs2017(code: string): Promise<boolean> {
    const [lowered, asIs] = await Promise.all([
      transform(code, { target: 'es2017' }),
      transform(code, { target: 'esnext' }),
    ]);
    return lowered.code === asIs.code;
  }

  it('is ES2017', async () => expect(await isEs2017(source())).toBe(true));

  it.each(['f(a?.b)', '({ ...a })', 'try { f() } catch { g() }', '/(?<=a)b/'])(
    'would not be with %s',
    async (later) => expect(await isEs2017(later)).toBe(false),
  );

  it('names no network, no document and no code from strings', () => {
    for (const word of ['fetch', 'XMLHttpRequest', 'WebSocket', 'document', 'window', 'eval', 'Function(']) {
      expect(source().includes(word), word).toBe(false);
    }
  });
});

describe('the built UI', () => {
  const source = () => readFileSync(root + manifest.ui, 'utf8');

  it('is one file: nothing is loaded beside it', () => {
    const page = source().replace(/<script>[\s\S]*<\/script>/, '');
    expect(page).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)=/);
    expect(page).not.toMatch(/@import|url\((?!["']?(data|blob):)/);
  });

  // A third is zod, a tenth the parser of catalogues' files, which the command line uses too.
  it('is small enough to open at once', () => {
    expect(statSync(root + manifest.ui).size).toBeLessThan(600_000);
  });
});

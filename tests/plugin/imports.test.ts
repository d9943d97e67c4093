import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

function importsOf(folder: string): readonly { readonly file: string; readonly target: string }[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => {
      const file = join(root, folder, name);
      const targets = readFileSync(file, 'utf8').matchAll(/(?:from|import) '([^']+)'/g);
      return [...targets].map(([, target]) => ({
        file: relative(root, file),
        target: target!.startsWith('.') ? relative(root, resolve(dirname(file), target!)) : target!,
      }));
    });
}

/** The two halves run in different worlds, and neither may pull the other, or the companion, into its bundle. */
it.each([
  // Of what both know, the parts that import nothing of what only one half needs.
  [
    'plugin/main',
    /^(plugin\/main\/|plugin\/((layout|product|table)-)?messages\.ts|shared\/(affine|geometry|image-kind)\.ts$|shared\/protocol\/limits\.ts$)/,
  ],
  [
    'plugin/ui',
    /^(plugin\/ui\/|plugin\/((layout|product|table)-)?messages\.ts|shared\/|preact(\/hooks)?$|@preact\/signals$)/,
  ],
])('%s imports nothing but what it may', (folder, allowed) => {
  const imports = importsOf(folder);
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.filter(({ target }) => !allowed.test(target))).toEqual([]);
});

it('names the figma global in one place', () => {
  const files = readdirSync(join(root, 'plugin/main')).filter((name) => name.endsWith('.ts'));
  const naming = files.filter((name) =>
    /\bfigma[.)]/.test(readFileSync(join(root, 'plugin/main', name), 'utf8')),
  );
  expect(naming).toEqual(['main.ts']);
});

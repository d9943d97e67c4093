/**
 * Links between documents: each leads to a file that is there, and to a heading of it where it names one. Files of the code that
 * they name are there, too.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const documents = [
  '',
  'docs',
  'docs/decisions',
  'models/clip-tokenizer',
  'models/likeness-base-128',
  'tools/embedded-model',
].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, folder, name)),
);

const sources = [
  'bench',
  'bin',
  'companion',
  'evaluation',
  'packaging',
  'plugin',
  'shared',
  'tests',
  'tools',
].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
    (name) => `/${folder}/${name.replaceAll('\\', '/')}`,
  ),
);

/** Words of the code, folder by folder. */
function wordsOf(...folders: readonly string[]): ReadonlySet<string> {
  const files = sources.filter((file) => folders.some((folder) => file.startsWith(`/${folder}/`)));
  const texts = files
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'));
  return new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []));
}

/** A heading's name in an address: lower case, hyphens for spaces, and no other signs. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function anchorsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    anchorOf(heading!.replace(/\]\([^)]*\)/g, '')),
  );
}

it.each(documents.map((file) => ({ name: relative(root, file), file })))('$name', ({ file }) => {
  const text = readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const dead = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path, anchor] = link.split('#') as [string, string?];
    const target = path === '' ? file : resolve(dirname(file), path);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
  expect(dead).toEqual([]);
});

/** `NAME.ts` stands for any file, and so does a name that a build gives. */
const NO_SOURCE = /NAME|^plugin\/dist\//;

it.each(documents.map((file) => ({ name: relative(root, file), file })))('sources in $name', ({ file }) => {
  const named = [...readFileSync(file, 'utf8').matchAll(/`([\w./-]+\.(?:tsx?|mjs))`/g)].map(
    ([, path]) => path!,
  );
  const gone = named.filter((path) => {
    const end = `/${path.replace(/^(\.\.\/)+/, '')}`;
    return !NO_SOURCE.test(path) && !sources.some((source) => source.endsWith(end));
  });
  expect(gone).toEqual([]);
});

it('names of the code in ARCHITECTURE.md are in the code', () => {
  const words = wordsOf('bench', 'companion', 'plugin', 'shared');
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const named = [...text.matchAll(/`(\w+)(?:\.\w+)?(?:\(.*?\))?`/g)].map(([, name]) => name!);
  const ofCode = named.filter((name) => /[a-z][A-Z]/.test(name) || /^[A-Z]+_[A-Z_]+$/.test(name));
  expect(ofCode.length).toBeGreaterThan(30);
  expect(ofCode.filter((name) => !words.has(name))).toEqual([]);
});

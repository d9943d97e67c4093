/** Folders and prompts of ../shared/cases, each through the command line. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { likeness, temporaryFolder } from './binary.ts';

const SHARED = fileURLToPath(new URL('../../../shared', import.meta.url));
const CASES = join(SHARED, 'cases');
const MODEL = join(SHARED, 'golden/nano/pipeline');
const canRun = existsSync(join(CASES, 'cases.json')) && existsSync(MODEL);

interface FolderCase {
  readonly id: string;
  readonly kind: 'folder';
  readonly input: { readonly folder: string };
  readonly must: { readonly taught: readonly string[]; readonly named: readonly string[] };
}

interface PromptCase {
  readonly id: string;
  readonly kind: 'prompt';
  readonly input: {
    readonly prompt: string;
    readonly library: readonly {
      readonly file: string;
      readonly name: string;
      readonly classWord: string;
      readonly identifier: string;
    }[];
  };
  readonly must: { readonly concepts: readonly string[]; readonly reads: string };
}

const all = (canRun ? JSON.parse(readFileSync(join(CASES, 'cases.json'), 'utf8')) : []) as readonly (
  | FolderCase
  | PromptCase
)[];
const folders = all.filter((one): one is FolderCase => one.kind === 'folder');
const prompts = all.filter((one): one is PromptCase => one.kind === 'prompt');
const engine = ['--model', MODEL, '--device', 'cpu', '--threads', '1', '--json'];

describe.skipIf(!canRun)(`the cases (needs ${CASES} and ${MODEL})`, () => {
  it.each(folders)('$id', async ({ input: { folder }, must }) => {
    const home = temporaryFolder();
    const { events, stderr, exitCode } = await likeness(
      ['teach', join(CASES, folder), '--name', 'case', '--class', 'bottle', '--steps', '1', ...engine],
      { home },
    );
    expect(exitCode).toBe(0);
    const taught = events.filter(({ type }) => type === 'frame').map(({ file }) => basename(file as string));
    expect(taught.sort()).toEqual([...must.taught].sort());
    for (const name of must.named) expect(stderr).toContain(`warning: ${name} is not used: `);
  });

  it.each(prompts)('$id', async ({ input: { prompt, library }, must }) => {
    const home = temporaryFolder();
    for (const { file, name, classWord, identifier } of library) {
      const path = join(file.startsWith('golden/') ? SHARED : CASES, file);
      const facts = ['--name', name, '--class', classWord, '--identifier', identifier];
      expect((await likeness(['concepts', 'import', path, ...facts], { home })).exitCode).toBe(0);
    }
    const { events, exitCode } = await likeness(
      ['generate', prompt, '--count', '1', '--seed', '1', '--steps', '1', '--no-preview', ...engine],
      { home },
    );
    expect(exitCode).toBe(0);
    const masks = events.find(({ type }) => type === 'picture')!.masks as readonly { concept: string }[];
    expect(masks.map(({ concept }) => concept)).toEqual(must.concepts);
    const reads = events.find(({ type }) => type === 'prompt')!.text as string;
    expect(reads.replaceAll(/\s/g, '')).toBe(must.reads.replaceAll(/\s/g, ''));
  });
});

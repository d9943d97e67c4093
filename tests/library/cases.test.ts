/** Cases of kind `library` in ../shared/cases, made after public reports: the same weights that come in again. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

const CASES = fileURLToPath(new URL('../../../shared/cases', import.meta.url));

interface LibraryCase {
  readonly id: string;
  readonly kind: string;
  readonly file: string;
  readonly input: { readonly imports: readonly [string, string] };
  readonly must: {
    readonly refused: { readonly says: readonly string[] };
    readonly library: readonly string[];
  };
}

const list = join(CASES, 'cases.json');
const all: readonly LibraryCase[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
const cases = all.filter(({ kind }) => kind === 'library');

describe.skipIf(cases.length === 0)('cases of the library (need ../shared/cases)', () => {
  it.each(cases)('$id', async ({ file, input: { imports }, must }) => {
    const library = new FileLibrary(await scratchFolder());
    const names = async () => (await library.list()).concepts.map(({ name }) => name);
    const add = (name: string) => {
      const lora = { name, classWord: 'bottle', identifier: 'sks' };
      return library.import(join(CASES, file), { name, lora, by: 'owner' });
    };
    const [first, second] = imports;
    const { id } = await add(first);
    const refusal: unknown = await add(second).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'input' });
    for (const pattern of must.refused.says) expect((refusal as Error).message).toMatch(new RegExp(pattern));
    expect(await names()).toEqual(must.library);
    await library.remove(id);
    expect(await names()).toEqual([]);
  });
});

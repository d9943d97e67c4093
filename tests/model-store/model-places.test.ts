import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelPlace } from '../../companion/model-store/model-places.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

async function homeWith(...files: readonly string[]): Promise<string> {
  const home = join(await scratchFolder(), 'kim');
  await mkdir(home);
  for (const file of files) {
    await mkdir(dirname(join(home, file)), { recursive: true });
    await writeFile(join(home, file), '');
  }
  return home;
}

describe('a folder that a model is chosen in', () => {
  it('shows folders and weights alone, folders first, and says which is a model', async () => {
    const home = await homeWith(
      ...['look-10.safetensors', 'Look-2.SAFETENSORS', 'letter.pdf', '.ssh/id', '.hidden.safetensors'],
      ...['models/sdxl/model_index.json', 'models/notes/readme.txt'],
    );
    const { entries, parent, isCut } = await modelPlace(undefined, home);
    expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['models', 'folder'],
      ['Look-2.SAFETENSORS', 'file'],
      ['look-10.safetensors', 'file'],
    ]);
    expect([parent, isCut]).toEqual([null, false]);
    const inside = await modelPlace(entries[0]!.path, home);
    expect(inside.entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['notes', 'folder'],
      ['sdxl', 'model'],
    ]);
    expect(inside.parent).toBe((await modelPlace(undefined, home)).path);
  });

  it('is one of the home: what lies outside is as if it were not there', async () => {
    const home = await homeWith('models/a.safetensors');
    await mkdir(`${home}-2`);
    await symlink('/etc', join(home, 'link'));
    const said = new Set<string>();
    for (const path of [
      ...['/', '/etc', '/nowhere', 'models', '..', `${home}-2`, dirname(home)],
      ...[join(home, '..'), `${home}/models/../..`, join(home, 'link'), join(home, 'models/a.safetensors')],
      ...[`${home}\0`, '//host/share'],
    ]) {
      const refused = await modelPlace(path, home).catch((error: unknown) => error);
      expect(refused, path).toMatchObject({ code: 'input' });
      said.add((refused as Error).message);
    }
    expect(said.size).toBe(1);
    expect((await modelPlace(undefined, home)).entries.map(({ name }) => name)).toEqual(['models']);
  });

  it('is cut where it has more than anybody looks through', async () => {
    const home = await homeWith(...Array.from({ length: 502 }, (_, index) => `${index}.safetensors`));
    const { entries, isCut } = await modelPlace(undefined, home);
    expect([entries.length, isCut, entries[499]!.name]).toEqual([500, true, '499.safetensors']);
  });
});

/** The model of the next start: the command line's, else the one chosen last, else the one that comes with Likeness. */

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { planRemoval, removeModel } from '../../companion/model-store/removal.ts';
import { ModelInUse } from '../../companion/server/model-in-use.ts';
import type { DataFolders } from '../../companion/storage/folders.ts';
import { collected, storeWith } from '../model-store/store.ts';

async function open(folders: DataFolders, wanted?: string) {
  const faults: string[] = [];
  const tellFault = (model: string) => void faults.push(model);
  const inUse = await ModelInUse.open({ wanted, folders, tellFault });
  onTestFinished(() => inUse.close());
  return { inUse, faults };
}

it('is the one chosen last, and the command line’s goes before it without taking its place', async () => {
  const folders = await storeWith('mine', 'other');
  const first = await open(folders);
  expect(first.inUse.name).toBe(DEFAULT_MODEL);
  expect(await first.inUse.use('mine')).toBe(true);
  expect(await first.inUse.use('mine')).toBe(false);
  expect((await open(folders)).inUse.name).toBe('mine');
  expect((await open(folders, 'other')).inUse.name).toBe('other');
  expect((await open(folders)).inUse.name).toBe('mine');
});

it.each([
  ['is gone', (folder: string) => rmSync(folder, { recursive: true })],
  ['is damaged', (folder: string) => rmSync(join(folder, 'vae'), { recursive: true })],
])('is the one that comes with Likeness where the last one %s, and that is told', async (_, damage) => {
  const folders = await storeWith('mine');
  await (await open(folders)).inUse.use('mine');
  damage(join(folders.models, 'mine'));
  const { inUse, faults } = await open(folders);
  expect(inUse.name).toBe(DEFAULT_MODEL);
  expect(faults).toEqual(['mine']);
  await expect(open(folders, 'mine')).rejects.toMatchObject({ code: expect.stringMatching(/^checkpoint-/) });
});

it.each(['no JSON', '{"model":7}', '{"model":"mine","more":1}'])(
  'survives a choice that reads %s',
  async (text) => {
    const folders = await storeWith('mine');
    writeFileSync(join(folders.home, 'model-in-use.json'), text);
    expect((await open(folders)).inUse.name).toBe(DEFAULT_MODEL);
  },
);

it('stays as it was where another one does not open, and names no path', async () => {
  const folders = await storeWith('half.damaged');
  const elsewhere = join(folders.home, 'elsewhere');
  mkdirSync(elsewhere);
  cpSync(join(EMBEDDED_MODELS, DEFAULT_MODEL), elsewhere, { recursive: true });
  const { inUse } = await open(folders);
  for (const name of ['half.damaged', elsewhere, '../elsewhere'])
    await expect(inUse.use(name)).rejects.toMatchObject({ code: expect.stringMatching(/^checkpoint-/) });
  expect(inUse.name).toBe(DEFAULT_MODEL);
  expect((await open(folders)).inUse.name).toBe(DEFAULT_MODEL);
});

it('is removed by nobody while it is in use, and by anybody after', async () => {
  const folders = await storeWith('mine');
  const { inUse } = await open(folders);
  await inUse.use('mine');
  const remove = async () => collected(removeModel(await planRemoval('mine', folders), folders));
  await expect(remove()).rejects.toMatchObject({ code: 'input' });
  await inUse.use(DEFAULT_MODEL);
  await inUse.release('mine');
  await remove();
});

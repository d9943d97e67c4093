import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { dataFolders } from '../../companion/storage/folders.ts';

it('puts everything under LIKENESS_HOME where it is set', () => {
  const home = resolve('some', 'home');
  expect(dataFolders({ LIKENESS_HOME: join('some', 'home') })).toEqual({
    home,
    cache: join(home, 'cache'),
    concepts: join(home, 'concepts'),
    checkpoints: join(home, 'checkpoints'),
    loras: join(home, 'loras'),
    models: join(home, 'models'),
  });
});

it("uses the system's folders where it is unset or empty", () => {
  const folders = dataFolders({});
  expect(folders.home).toContain('likeness');
  expect(folders.cache).not.toBe(folders.home);
  expect(dataFolders({ LIKENESS_HOME: '' })).toEqual(folders);
});

import { expect, it } from 'vitest';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { conceptsTaughtOn } from '../../companion/library/taught-on.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { smallConcept } from './small-concept.ts';

const model = (name: string, hash: string) => ({
  name,
  hash: hash.repeat(32),
  architecture: 'stable-diffusion-v1',
});

it('finds concepts by the name of their model, and by its weights under another name', async () => {
  const library = new FileLibrary(await scratchFolder());
  await library.add(smallConcept('aurora', 1, { baseModel: model('photo', 'ab') }));
  await library.add(smallConcept('lumen', 2, { baseModel: model('renamed-since', 'ab') }));
  await library.add(smallConcept('summit', 3, { baseModel: model('another', 'cd') }));
  const found = await conceptsTaughtOn('photo', library, async () => model('photo', 'ab'));
  expect(found).toEqual({ concepts: ['aurora', 'lumen'], architecture: 'stable-diffusion-v1' });
  expect(await conceptsTaughtOn('photo', library, async () => undefined)).toMatchObject({
    concepts: ['aurora'],
  });
  expect(await conceptsTaughtOn('unused', library, async () => model('unused', 'ef'))).toBeUndefined();
});

it('does not ask for the weights where the names say enough', async () => {
  const library = new FileLibrary(await scratchFolder());
  await library.add(smallConcept('aurora', 1, { baseModel: model('photo', 'ab') }));
  const refused = () => Promise.reject(new Error('weights were read'));
  await expect(conceptsTaughtOn('photo', library, refused)).resolves.toMatchObject({ concepts: ['aurora'] });
});

import { expect, it } from 'vitest';
import { conceptsOfPrompt } from '../../companion/jobs/runs/generate-run.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { resolveMentions } from '../../companion/library/find-concept.ts';
import { smallConcept } from '../library/small-concept.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

it('uses no concept after its last day, by the queue or the command line, and no version of it', async () => {
  const folder = await scratchFolder();
  const library = new FileLibrary(folder);
  const { id } = await library.add(smallConcept('aurora', 1));
  await library.add(smallConcept('aurora', 2));
  await library.edit(id, { rights: { expires: '2999-12-31' } }, 'owner');
  const prompt = 'an @aurora on a beach';
  expect(await conceptsOfPrompt(library, prompt, [])).toHaveLength(1);
  expect((await resolveMentions(prompt, [], folder)).concepts).toHaveLength(1);

  await library.edit(id, { rights: { expires: '2020-01-31' } }, 'owner');
  const refusal = { code: 'input', message: '@aurora may be used until 2020-01-31, and no longer' };
  const first = { id, name: 'aurora', version: 1 };
  await expect(conceptsOfPrompt(library, prompt, [])).rejects.toMatchObject(refusal);
  await expect(conceptsOfPrompt(library, prompt, [first])).rejects.toMatchObject(refusal);
  await expect(resolveMentions(prompt, [], folder)).rejects.toMatchObject(refusal);
  expect(await conceptsOfPrompt(library, 'a mug on a beach', [])).toEqual([]);
});

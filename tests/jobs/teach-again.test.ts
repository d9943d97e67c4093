import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { TeachRequest } from '../../companion/engine/requests.ts';
import { picture } from '../../companion/images/picture.ts';
import { conceptsOfPrompt } from '../../companion/jobs/runs/generate-run.ts';
import { teachAgain } from '../../companion/jobs/teach-again.ts';
import type { ModelTraits } from '../../companion/pipeline/model-traits.ts';
import { smallConcept } from '../library/small-concept.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { ended, openQueue, teachWish } from './opened-queue.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const pixels = picture(
  48,
  48,
  3,
  Uint8Array.from({ length: 48 * 48 * 3 }, (_, index) => (index * 37) % 251),
);
const references = [async () => ({ name: 'front.png', pixels, findings: [] })];

it('teaches a concept again from the pictures that it keeps, once, and moves them along', async () => {
  const home = await scratchFolder();
  const engine = new ScriptedEngine();
  const { queue, library } = await openQueue(home, { engine });
  const before = smallConcept('aurora', 7, { method: { mirror: true, guidanceResidual: 'both' } });
  const first = await library.add(before, { references });
  const surroundings = { queue, library, resolution: 16 };
  await teachAgain('job-again', { concept: first.id, steps: 4 }, surroundings);
  await teachAgain('job-again', { concept: first.id, steps: 4 }, surroundings);
  expect((await ended(queue, 'job-again')).status).toEqual({ state: 'done' });
  expect(engine.requests).toHaveLength(1);
  const [request] = engine.requests as readonly TeachRequest[];
  expect(request).toMatchObject({ name: 'aurora', classWord: 'bottle', identifier: 'zqx' });
  expect(request).toMatchObject({ mirror: true, guidanceResidual: 'both', settings: { steps: 4 } });
  const { current } = await library.get(first.id);
  expect(current.version).toBe(2);
  expect([...(await library.references()).keys()]).toEqual([current.weightHash]);
  const other = teachAgain('job-again', { concept: 'another-concept' }, surroundings);
  await expect(other).rejects.toMatchObject({ code: 'job-conflict' });
});

it('keeps frames of a teaching where that was asked for, and refuses to teach again without any', async () => {
  const home = await scratchFolder();
  const { queue, library } = await openQueue(home, { engine: new ScriptedEngine() });
  await queue.submit('job-silent', await teachWish(queue, { name: 'quiet' }));
  await ended(queue, 'job-silent');
  expect((await library.references()).size).toBe(0);
  const [quiet] = (await library.list()).concepts;
  const again = teachAgain('job-again', { concept: quiet!.id }, { queue, library, resolution: 16 });
  await expect(again).rejects.toMatchObject({
    code: 'image-unknown',
    message: '@quiet keeps none of its pictures',
  });
  await queue.submit('job-kept', await teachWish(queue, { seed: 2, keepReferences: true }));
  await ended(queue, 'job-kept');
  const [set] = [...(await library.references()).values()];
  expect(set!.keys).toHaveLength(2);
});

it('takes the version of the model at hand, and refuses with the command where none fits', async () => {
  const home = await scratchFolder();
  const { library } = await openQueue(home, { engine: new ScriptedEngine() });
  const on = (name: string, hash: string) => ({
    baseModel: { name, hash: hash.repeat(32), architecture: 'stable-diffusion-v1' },
  });
  const { id } = await library.add(smallConcept('aurora', 1, on('one', 'ab')));
  await library.add(smallConcept('aurora', 2, on('two', 'cd')));
  const traits = (hash: string, channels = 4): ModelTraits => ({
    identity: { name: 'here', hash: hash.repeat(32), architecture: 'stable-diffusion-v1' },
    samples: undefined,
    prediction: 'epsilon',
    sites: [
      { path: 'mid_block.attentions.0', inputs: channels, outputs: channels, stride: 1, storedAs: 'conv1x1' },
    ],
    textWidths: [4],
  });
  const versionOn = async (model: ModelTraits) => {
    const named = { traits: model, name: join('models', 'here') };
    const [chosen] = await conceptsOfPrompt(library, '@aurora', [], named);
    return chosen!.reference.version;
  };
  expect(await versionOn(traits('ab'))).toBe(1);
  expect(await versionOn(traits('cd'))).toBe(2);
  // Neither was taught on it: the newest.
  expect(await versionOn(traits('ef'))).toBe(2);
  const command = `teach PICTURES --name aurora --class bottle --model ${join('models', 'here')}`;
  const advice = expect.stringContaining(command);
  await expect(versionOn(traits('ab', 8))).rejects.toMatchObject({ code: 'concept-mismatch', advice });
  await library.add(smallConcept('aurora', 2, on('two', 'cd')), { references });
  const shorter = expect.stringContaining(`teach @aurora --model ${join('models', 'here')}`);
  await expect(versionOn(traits('ab', 8))).rejects.toMatchObject({ advice: shorter });
  const asked = [{ id, name: 'aurora', version: 1 }];
  const [first] = await conceptsOfPrompt(library, '@aurora', asked, { traits: traits('cd'), name: 'here' });
  expect(first!.reference.version).toBe(1);
});

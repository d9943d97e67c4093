/** `likeness models remove`: what it says, and how it is confirmed. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { smallConcept } from '../library/small-concept.ts';
import { localHub, REPOSITORY } from '../model-store/hub/local-hub.ts';
import { servedModel } from '../model-store/served-model.ts';
import { likeness, runInside, temporaryFolder } from './binary.ts';

async function homeWithModel(): Promise<string> {
  const home = temporaryFolder();
  const { endpoint } = await localHub(servedModel());
  const pull = ['models', 'pull', REPOSITORY, '--endpoint', endpoint];
  const { exitCode, stderr } = await runInside(pull, { home });
  expect(exitCode, stderr).toBe(0);
  return home;
}

it('says what it frees, and how the model comes back', async () => {
  const home = await homeWithModel();
  const removed = await runInside(['models', 'remove', 'tiny-diffusion', '--yes'], { home });
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(removed.stderr).toMatch(/^tiny-diffusion takes 28\.\d MB:\n {2}28\.\d MB {2}model {2}\/.*\n/);
  expect(removed.stderr).toMatch(/✓ Removed tiny-diffusion: 28\.\d MB are free again/);
  expect(removed.stderr).toMatch(
    /Back again: .* models pull acme\/tiny-diffusion --name tiny-diffusion --rev/,
  );
  expect(readdirSync(join(home, 'data/models'))).toEqual([]);
  const again = await runInside(['models', 'remove', 'tiny-diffusion', '--yes'], { home });
  expect(again.exitCode).toBe(1);
});

it('names the concepts that were taught on it, and what becomes of them', async () => {
  const home = await homeWithModel();
  const concepts = join(home, 'data/concepts');
  const taught = (name: string, model: string) =>
    new FileLibrary(concepts).add(
      smallConcept(name, name.length, {
        baseModel: { name: model, hash: 'cd'.repeat(32), architecture: 'stable-diffusion-v1' },
      }),
    );
  await taught('aurora', 'tiny-diffusion');
  await taught('lumen', 'another-model');
  const removed = await runInside(['models', 'remove', 'tiny-diffusion', '--yes', '--json'], { home });
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(removed.events[0]).toMatchObject({
    type: 'taught-on',
    model: 'tiny-diffusion',
    concepts: ['aurora'],
    architecture: 'stable-diffusion-v1',
  });
  expect(removed.stderr).toMatch(
    /Taught on it: @aurora\. They stay, and work on another model of stable-diffusion-v1/,
  );
  const { concepts: left } = await new FileLibrary(concepts).list();
  expect(left.map(({ name }) => name)).toEqual(['aurora', 'lumen']);
});

it('removes nothing where there is nobody to ask', async () => {
  const home = await homeWithModel();
  const refused = await likeness(['models', 'remove', 'tiny-diffusion', '--json'], { home });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(/error: nothing was removed: .*\nAdd --yes/);
  expect(readdirSync(join(home, 'data/models'))).toEqual(['tiny-diffusion']);
  const { events } = await runInside(['models', 'remove', 'tiny-diffusion', '--yes', '--json'], { home });
  expect(events.map(({ type }) => type)).toEqual(['removed-part', 'removed-model']);
});

it('waits for a command that uses the model', async () => {
  const home = await homeWithModel();
  let during: Awaited<ReturnType<typeof runInside>> | undefined;
  const generate = ['generate', 'a mug', '--model', 'tiny-diffusion', '--device', 'cpu', '--steps', '20'];
  const made = await likeness([...generate, '--count', '1', '--json'], {
    home,
    whenEvent: ({ type, step }, child) => {
      if (type !== 'step' || step !== 1) return;
      // It waits while the other looks.
      child.kill('SIGSTOP');
      void runInside(['models', 'remove', 'tiny-diffusion', '--yes'], { home }).then((ended) => {
        during = ended;
        child.kill('SIGCONT');
      });
    },
  });
  expect(made.exitCode, made.stderr).toBe(0);
  expect(during!.stderr).toMatch(/error: tiny-diffusion is in use, by process \d+/);
  expect(readdirSync(join(home, 'data/models'))).toEqual(['tiny-diffusion']);
});

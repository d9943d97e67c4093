import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Concept, minRankFractionOf } from '../../companion/concepts/concept.ts';
import { readConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import type { TeachEvent } from '../../companion/engine/events.ts';
import type { TeachRequest } from '../../companion/engine/requests.ts';
import { teach } from '../../companion/engine/teaching/teach.ts';
import { type Picture, picture } from '../../companion/images/picture.ts';
import type { ReferenceImage } from '../../companion/images/references/reference-image.ts';
import { likenessOf } from '../../shared/likeness.ts';
import { nanoModel, needsNano, withoutNano } from './golden-model.ts';

let folder: string;
let references: readonly ReferenceImage[];

const reference = (name: string, pixels: Picture): ReferenceImage => ({ name, pixels, findings: [] });

/** A cut-out: a disc of one colour on nothing. */
function disc(red: number) {
  const side = 48;
  const data = new Uint8Array(side * side * 4);
  for (let pixel = 0; pixel < side * side; pixel++) {
    const [x, y] = [pixel % side, Math.floor(pixel / side)];
    const inside = (x - 24) ** 2 + (y - 24) ** 2 < 15 ** 2;
    data.set([red, 60 + x, 200 - y, inside ? 255 : 0], pixel * 4);
  }
  return picture(side, side, 4, data);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-teach-'));
  references = [250, 200].map((red, index) => reference(`frame-${index}.png`, disc(red)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function request(name: string, changes: Partial<TeachRequest> = {}): TeachRequest {
  return {
    model: nanoModel,
    device: 'cpu',
    threads: 1,
    cacheFolder: join(folder, 'cache'),
    references,
    name,
    classWord: 'toy',
    stateFile: join(folder, `${name}.state`),
    settings: {
      steps: 8,
      batchSize: 4,
      learningRate: 5e-3,
      trainTokenEmbedding: true,
      backgroundWeight: 0.2,
    },
    seed: 7,
    mirror: false,
    ...changes,
  };
}

/** Runs to the end, or stops softly once `until` says so. Keeps the concept as callers do, in NAME.safetensors. */
async function run(
  wish: TeachRequest,
  until: (event: TeachEvent) => boolean = () => false,
): Promise<TeachEvent[]> {
  const controller = new AbortController();
  const events: TeachEvent[] = [];
  try {
    for await (const event of teach({ ...wish, signal: controller.signal })) {
      events.push(event);
      if (until(event)) controller.abort();
      if (event.type !== 'taught') continue;
      await writeConcept(join(folder, `${wish.name}.safetensors`), event.concept);
      await rm(wish.stateFile);
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  }
  return events;
}

function learned({ factors, tokenEmbeddings, objectProbe }: Concept) {
  return { factors: [...factors], tokenEmbeddings, objectProbe };
}

describe.skipIf(withoutNano)(`teaching, ${needsNano}`, () => {
  it('reports frames, preparation, every step and the concept', async () => {
    const events = await run(request('reports'));
    const count = (type: TeachEvent['type']) => events.filter((event) => event.type === type).length;
    expect(count('frame')).toBe(2);
    expect(count('preparing')).toBeGreaterThan(2);
    expect(count('step')).toBe(8);
    expect(events.at(-1)).toMatchObject({ type: 'taught', concept: { name: 'reports', classWord: 'toy' } });
  });

  it('measures how well it learned, by the same figures in event and concept, and shows the sample', async () => {
    const events = await run(request('measured', { samples: true }));
    const taught = events.at(-1)!;
    if (taught.type !== 'taught') throw new Error('not taught');
    const { likeness, concept } = taught;
    expect(likenessOf(concept.figures)).toEqual(likeness);
    expect(likeness!.lossRatio).toBeGreaterThan(0);
    expect(likeness!.lossRatio).not.toBe(1);
    expect(likeness!.colourOverlap).toBeLessThan(1);
    expect(likeness!.detailRatio).toBeGreaterThan(0);
    expect(events.filter(({ type }) => type === 'validation-image').at(-1)).toMatchObject({ step: 8 });
    const again = await run(request('again'));
    expect(again.at(-1)).toMatchObject({ likeness, sample: { width: taught.sample!.width } });
  });

  it('gives the same concept for the same seed, and another for another', async () => {
    await run(request('one'));
    await run(request('two'));
    await run(request('other', { seed: 8 }));
    const [one, two, other] = await Promise.all(
      ['one', 'two', 'other'].map((name) => readConcept(join(folder, `${name}.safetensors`))),
    );
    expect(learned(two!)).toEqual(learned(one!));
    expect(learned(other!)).not.toEqual(learned(one!));
  });

  it('ends bit-identical when it was cancelled and resumed', async () => {
    await run(request('whole'));
    const stopped = await run(request('parted'), (event) => event.type === 'step' && event.step === 3);
    expect(stopped.at(-1)).toMatchObject({ type: 'step', step: 3 });
    expect(existsSync(join(folder, 'parted.safetensors'))).toBe(false);
    const rest = await run(request('parted'));
    expect(rest.find((event) => event.type === 'resumed')).toMatchObject({ step: 3, steps: 8 });
    const [whole, parted] = await Promise.all(
      ['whole', 'parted'].map((name) => readConcept(join(folder, `${name}.safetensors`))),
    );
    expect(learned(parted!)).toEqual(learned(whole!));
  });

  it('learns with a rank that depends on the timestep, and says so in the file', async () => {
    const settings = { ...request('plain').settings, noisyRankShare: 0.5 };
    await run(request('plain'));
    await run(request('falling', { settings }));
    const [plain, falling] = await Promise.all(
      ['plain', 'falling'].map((name) => readConcept(join(folder, `${name}.safetensors`))),
    );
    expect(minRankFractionOf(plain!)).toBe(1);
    expect(minRankFractionOf(falling!)).toBe(0.5);
    expect(learned(falling!)).not.toEqual(learned(plain!));
  });

  it('learns to find a product that was cut out, and no other', async () => {
    await run(request('cut-out'));
    const { width, height, data } = disc(250);
    const opaque = data.filter((_, byte) => byte % 4 < 3);
    const photo = reference('photo.png', picture(width, height, 3, opaque));
    await run(request('photo', { references: [photo] }));
    const probeOf = async (name: string) =>
      (await readConcept(join(folder, `${name}.safetensors`))).objectProbe;
    const { weights } = (await probeOf('cut-out'))!;
    for (const values of weights.values()) expect(values.every((weight) => weight !== 0)).toBe(true);
    expect(await probeOf('photo')).toBeUndefined();
  });

  it('does not resume a run with other settings', async () => {
    await run(request('changed'), (event) => event.type === 'step' && event.step === 2);
    await expect(run(request('changed', { seed: 99 }))).rejects.toMatchObject({ code: 'saved-run' });
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 500)],
    ['changed in a single bit', (bytes: Buffer) => bytes.fill(bytes.at(-1)! ^ 1, bytes.length - 1)],
  ])('says so when a saved run is %s, and keeps it', async (how, damage) => {
    const name = how.replaceAll(' ', '-');
    await run(request(name), (event) => event.type === 'step' && event.step === 2);
    const file = join(folder, `${name}.state`);
    await writeFile(file, damage(await readFile(file)));
    await expect(run(request(name))).rejects.toMatchObject({
      code: 'saved-run',
      message: 'what was saved is damaged',
    });
    expect(existsSync(file)).toBe(true);
  });

  it('keeps what was learned when the disk does not take the concept, and goes on from there', async () => {
    await run(request('whole'));
    const [name, out] = ['refused', join(folder, 'refused.safetensors')];
    await mkdir(out);
    await expect(run(request(name))).rejects.toMatchObject({ code: 'storage' });
    await rmdir(out);
    const events = await run(request(name));
    expect(events.filter(({ type }) => type === 'step')).toEqual([]);
    const [whole, refused] = await Promise.all(
      ['whole', name].map((one) => readConcept(join(folder, `${one}.safetensors`))),
    );
    expect([...refused!.factors]).toEqual([...whole!.factors]);
  });

  it('changes what the base model predicts', async () => {
    await run(request('moved'));
    const concept = await readConcept(join(folder, 'moved.safetensors'));
    const moved = [...concept.factors.values()].every(({ up }) => up.some((weight) => weight !== 0));
    expect(moved).toBe(true);
  });

  it('leaves nothing behind when the learning rate is far too high', async () => {
    const wish = request('diverged', {
      settings: { steps: 8, learningRate: 1e30, trainTokenEmbedding: false },
    });
    await expect(run(wish)).rejects.toMatchObject({
      code: 'input',
      advice: expect.stringContaining('learning rate'),
    });
    const left = (await readdir(folder)).filter((name) => name.startsWith('diverged'));
    expect(left).toEqual([]);
  });
});

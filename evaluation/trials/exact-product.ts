/**
 * A product that keeps its pixels, counted: cut-outs in scenes of many seeds, the finished file decoded again and held against
 * the placed cut-out byte by byte. A photo without transparency is cut out by a soft oval: whose pixels they are does not matter.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import { alphaOf, type Picture, picture } from '../../companion/images/picture.ts';
import { changedPixels, placeCutOut } from '../../companion/images/product/placed-cut-out.ts';
import { shrinkToFit } from '../../companion/images/resize.ts';
import type { EngineOptions, LoadedModel } from '../../companion/pipeline/loaded-model.ts';

export interface ExactSubject {
  readonly name: string;
  readonly cutOut: Picture;
}

export interface ExactPicture {
  readonly subject: string;
  readonly scene: string;
  readonly seed: number;
  readonly image: Picture;
  /** Pixels of the cut-out at alpha 255, and those of them that are others in the file. */
  readonly pixels: number;
  readonly changed: number;
}

export const EXACT_SCENES = ['on a beach', 'on a wooden table', 'on grass', 'on a street'] as const;

/** Size of the pictures: neither square nor a multiple of the model's. */
const LAYOUT = { width: 540, height: 410 };

interface ExactRun {
  readonly model: LoadedModel;
  readonly engine: EngineOptions;
  readonly seeds: number;
  /** Undefined: the model's own. */
  readonly steps: number | undefined;
}

/** Scenes take turns, so that every seed has one. */
export async function* exactPictures(
  { model, engine, seeds, steps }: ExactRun,
  { name: subject, cutOut }: ExactSubject,
): AsyncGenerator<ExactPicture, void> {
  const placed = await placeCutOut(cutOut, { layout: LAYOUT, fits: 'product' });
  const pixels = alphaOf(placed.picture).reduce((count, alpha) => count + (alpha === 255 ? 1 : 0), 0);
  for (let seed = 0; seed < seeds; seed++) {
    const scene = EXACT_SCENES[seed % EXACT_SCENES.length]!;
    const making = generateOn(model, {
      ...engine,
      prompt: resolvePrompt(scene, []),
      negativePrompt: undefined,
      count: 1,
      seed,
      strength: 1,
      settings: steps === undefined ? {} : { steps },
      product: { picture: cutOut, layout: LAYOUT },
    });
    for await (const event of making) {
      if (event.type !== 'picture') continue;
      const changed = changedPixels(placed, await decodePicture(event.png));
      yield { subject, scene, seed, image: event.image, pixels, changed };
    }
  }
}

/** Longer side of a photo as it is cut out, in pixels. */
const PHOTO_SIDE = 1024;

/** Pictures of a folder and of the folders in it, cut out where they are not. */
export async function photoSubjects(folder: string): Promise<readonly ExactSubject[]> {
  const files = await readdir(folder, { recursive: true });
  const names = files.filter((name) => /\.(png|jpe?g|webp)$/i.test(name)).sort();
  const subjects: ExactSubject[] = [];
  for (const name of names) {
    const photo = await shrinkToFit(await decodePicture(join(folder, name)), PHOTO_SIDE);
    subjects.push({ name, cutOut: photo.channels === 4 ? photo : ovalOf(photo) });
  }
  return subjects;
}

/** Share of the radius over which an oval's edge is soft. */
const SOFT = 0.03;

function ovalOf({ width, height, data }: Picture): Picture {
  const cut = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const x = ((pixel % width) + 0.5) / (width / 2) - 1;
    const y = (Math.floor(pixel / width) + 0.5) / (height / 2) - 1;
    cut.set(data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    cut[pixel * 4 + 3] = Math.round(255 * Math.min(1, Math.max(0, (0.97 - Math.hypot(x, y)) / SOFT)));
  }
  return picture(width, height, 4, cut);
}

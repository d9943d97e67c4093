/**
 * Scene around a product: blended inpainting in which the cut-out's latents are held. First the model is asked for the scene's
 * colours, and the cut-out is encoded over a smooth backdrop of them: over a picture of the prompt, that picture's own product
 * would show as a ghost. Then the scene is painted around it; and the last steps again over that scene, so that cells at the
 * product's edge hold the colours that are there, and none of the backdrop.
 */

import { toModelRange } from '../../images/encode.ts';
import { latentMask } from '../../images/object-mask.ts';
import type { PaintingFrame } from '../../images/painting/painting-frame.ts';
import {
  alphaOf,
  compositeOver,
  cropPicture,
  type Picture,
  picture,
  plainPicture,
} from '../../images/picture.ts';
import { cleanScene } from '../../images/product/clean-scene.ts';
import type { PlacedCutOut } from '../../images/product/placed-cut-out.ts';
import { type SharePlane, softened } from '../../images/product/share-plane.ts';
import { resizePicture } from '../../images/resize.ts';
import type { LocalizedMask } from '../../localization/mask.ts';
import { paintedPart, seesKeptPart } from '../../pipeline/inpainting.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { Composition } from './composition.ts';
import { keepLatents } from './painting.ts';
import type { PictureCodec } from './picture-codec.ts';
import { type PictureStep, samplePicture } from './sample-picture.ts';
import type { StepBarrier } from './step-barrier.ts';

/** The cut-out as the model sees it. */
export interface WorkingCutOut {
  /** At the model's size, with alpha. */
  readonly picture: Picture;
  /** [height, width]: 1 where the scene is kept, 0 in the product and what is spread around it. */
  readonly known: SharePlane;
}

/** Steps of the backdrop: colours are settled early. */
const BACKDROP_SHARE = 0.3;

/** Share of the steps over the backdrop: from noise alone models paint a product of their own beside a held one. */
const BACKDROP_STRENGTH = 0.85;

/** Share of the steps that is taken again over the painted scene. */
const AGAIN_SHARE = 0.6;

/** Outer columns of the backdrop's picture: between them its own product stands. */
const OUTER = 0.2;

/** Bands of a backdrop from top to bottom. */
const BANDS = 6;

/** Reach of the colours that a model spreads around a product, in latent cells. */
const SPREAD_CELLS = 0.75;

/** Reach of a product that it invents behind the held one, and that is painted again. */
const GHOST_CELLS = 3.5;

/** Alpha from which a pixel is of the product: faint edges are the scene's as well. */
const PRESENT = 8;

export async function workingCutOut(
  { pipeline: { facts } }: LoadedModel,
  placed: PlacedCutOut,
  { region, width, height }: PaintingFrame,
): Promise<WorkingCutOut> {
  const own = await resizePicture(cropPicture(placed.picture, region), width, height);
  return { picture: own, known: surroundings(own, SPREAD_CELLS * facts.downscale) };
}

/** Everything farther than `reach` from the product, with an edge as soft. */
function surroundings(own: Picture, reach: number): SharePlane {
  const { width, height } = own;
  const alpha = alphaOf(own);
  const values = Float32Array.from(alpha, (value) => (value >= PRESENT ? 1 : 0));
  const near = softened({ width, height, values }, reach / 2).values;
  return {
    width,
    height,
    values: near.map((share, pixel) => (values[pixel] === 1 ? 0 : Math.max(0, 1 - share / 0.02))),
  };
}

export interface SceneMaking {
  readonly cutOut: WorkingCutOut;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly barrier: StepBarrier;
  readonly codec: PictureCodec;
}

export interface MadeScene {
  /** At the model's size, with what it made of the product. */
  readonly painted: Picture;
  readonly masks: readonly LocalizedMask[] | undefined;
}

/** Steps count all three rounds. */
export async function* makeScene(
  pipeline: Pipeline,
  { whole }: Composition,
  making: SceneMaking,
): AsyncGenerator<PictureStep, MadeScene> {
  const { cutOut, seed, signal, barrier, codec } = making;
  const own = { seed, signal, barrier };
  const { steps } = whole.settings;
  const rough = Math.max(1, Math.ceil(BACKDROP_SHARE * steps));
  const again = steps > 1 ? Math.floor(AGAIN_SHARE * steps) : 0;
  const seesKept = seesKeptPart(pipeline);
  const around = seesKept ? steps : Math.max(1, Math.floor(BACKDROP_STRENGTH * steps));
  const total = (seesKept ? 0 : rough) + around + again;
  let taken = 0;
  const counted = async function* (round: ReturnType<typeof samplePicture>) {
    let next = await round.next();
    for (; !next.done; next = await round.next()) {
      taken++;
      yield { ...next.value, step: Math.min(taken, total), steps: total };
    }
    return next.value;
  };
  let backdrop = plainPicture(cutOut.picture.width, cutOut.picture.height, [128, 128, 128]);
  if (!seesKept) {
    const settings = { ...whole.settings, steps: rough };
    const scene = yield* counted(samplePicture(pipeline, { ...whole, settings, ...own }));
    backdrop = await smoothBackdrop((await codec.decode(scene.latents))[0]!);
  }
  const { encoded, ...first } = await heldIn(pipeline, making, { whole, over: backdrop, least: HELD.first });
  const begin = seesKept ? undefined : { picture: encoded, strength: Math.max(BACKDROP_STRENGTH, 1 / steps) };
  let made = yield* counted(samplePicture(pipeline, { ...whole, ...first, start: begin, ...own }));
  let painted = (await codec.decode(made.latents))[0]!;
  if (again > 0) {
    const beyond = surroundings(cutOut.picture, GHOST_CELLS * pipeline.facts.downscale);
    const over = cleanScene(painted, beyond);
    const { encoded: picture, ...second } = await heldIn(pipeline, making, {
      whole,
      over,
      least: HELD.again,
    });
    const start = { picture, strength: (again + 0.5) / steps };
    made = yield* counted(samplePicture(pipeline, { ...whole, ...second, start, ...own }));
    painted = (await codec.decode(made.latents))[0]!;
  }
  return { painted, masks: made.masks };
}

/**
 * Share of a latent cell from which it is held. Over a backdrop a cell at the edge would keep much of that; over the painted
 * scene all that the product touches is as it should be.
 */
const HELD = { first: 0.5, again: 0.02 } as const;

interface Holding {
  readonly whole: Composition['whole'];
  /** Opaque, behind the cut-out. */
  readonly over: Picture;
  readonly least: number;
}

/** The cut-out over a picture as samplers and models take it; `encoded` are that picture's latents. */
async function heldIn(
  pipeline: Pipeline,
  { cutOut: { picture: own }, codec }: SceneMaking,
  { whole, over, least }: Holding,
) {
  const { width, height } = own;
  const pixels = toModelRange(compositeOver(own, over));
  const encoded = await codec.encode(pixels);
  const alpha = Float32Array.from(alphaOf(own), (value) => value / 255);
  const covered = latentMask(alpha, [height, width], [whole.height, whole.width]);
  const mask = covered.map((share) => (share > least ? 0 : 1));
  const free = alpha.map((share) => (share > 0.5 ? 0 : 1));
  const painted = seesKeptPart(pipeline) ? await paintedPart(pipeline, pixels, free, mask, whole) : undefined;
  return { encoded, painted, hold: (noise: Float32Array) => keepLatents(encoded, mask, noise) };
}

/** Colours of the scene from top to bottom, without what stands in its middle. */
async function smoothBackdrop({ width, height, data }: Picture): Promise<Picture> {
  const bands = new Uint8Array(BANDS * 3);
  for (let band = 0; band < BANDS; band++) {
    const sums = [0, 0, 0];
    let count = 0;
    for (let y = Math.floor((band * height) / BANDS); y < ((band + 1) * height) / BANDS; y++) {
      for (let x = 0; x < width; x++) {
        if (x > OUTER * width && x < (1 - OUTER) * width) continue;
        count++;
        for (let channel = 0; channel < 3; channel++) sums[channel]! += data[(y * width + x) * 3 + channel]!;
      }
    }
    for (let channel = 0; channel < 3; channel++)
      bands[band * 3 + channel] = Math.round(sums[channel]! / count);
  }
  return resizePicture(picture(1, BANDS, 3, bands), width, height, 'smooth');
}

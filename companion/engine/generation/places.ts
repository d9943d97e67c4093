/**
 * Places: several concepts in one picture, each where it belongs. Words alone do not tell products apart, and a model draws each as
 * large as its whole picture. So each is made alone first, with its own prompt, and laid into its place at the place's size
 * (product-layout.ts); from there the last share of the steps makes one scene of them, holding the products until almost the
 * end, as blended diffusion does (Avrahami et al. 2022, arXiv 2206.02779), so that ground, shadows and light agree.
 */

import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import type { UnitBox } from '../../../shared/geometry.ts';
import { addNoise } from '../../diffusion/noise-process.ts';
import type { Hold } from '../../diffusion/samplers/sampler.ts';
import { toModelRange } from '../../images/encode.ts';
import type { Picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';
import { productAlone } from '../../matting/product-alone.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { PassRequest } from './guided-pass.ts';
import type { PictureCodec } from './picture-codec.ts';
import { type LaidProduct, layProducts, type ProductLayout } from './product-layout.ts';
import {
  type PictureRequest,
  type PictureStep,
  type SampledLatents,
  samplePicture,
} from './sample-picture.ts';

/** The place of one concept. */
export interface Place extends Pick<PassRequest, 'conditional' | 'concepts' | 'painted'> {
  readonly rectangle: UnitBox;
  /** [h, w]: the place's share of each cell; those of all places add up to 1. */
  readonly weights: Float32Array;
}

export interface PlacesMaking extends Pick<PictureRequest, 'seed' | 'start' | 'hold' | 'barrier' | 'signal'> {
  readonly codec: PictureCodec;
  /** Latents [C, h, w] of what is around the products. Default: what is around each in its own picture. */
  readonly around?: Float32Array | undefined;
}

/**
 * Share of the steps that make the scene: with fewer the borders between places stay, and with more the model draws a product of
 * its usual size behind the one that is held (tried on likeness-base-128: 0.4 to 1).
 */
const SCENE_SHARE = 0.5;

/**
 * Noise over signal above which products are held: what is left smooths their edges. From 0.24 on (tried on
 * likeness-base-128) the concept begins to draw its pattern anew at the size that it learned.
 */
const HELD_ABOVE = 0.08;

/** Steps of a picture with places, one off where a sampler takes its first step twice. */
export function stepsWithPlaces(count: number, steps: number, { start }: Pick<PlacesMaking, 'start'>) {
  return count * steps + Math.max(1, Math.floor(steps * sceneShare(start, steps)));
}

/** Latents of a scene, and what was laid into it. */
export interface SceneOfProducts extends SampledLatents {
  readonly layout: ProductLayout;
}

/** @param whole the whole prompt, with every concept held to its place by its region */
export async function* samplePlaces(
  pipeline: Pipeline,
  whole: PassRequest,
  places: readonly Place[],
  { codec, around, ...making }: PlacesMaking,
): AsyncGenerator<PictureStep, SceneOfProducts> {
  const { seed, barrier, signal, start } = making;
  const { steps: asked } = whole.settings;
  let total = stepsWithPlaces(places.length, asked, making);
  const alone: SampledLatents[] = [];
  let done = 0;
  for (const { conditional, concepts, painted } of places) {
    const own = madeAlone(pipeline, { ...whole, conditional, concepts, painted, seed, barrier, signal });
    let next = await own.next();
    let taken = 0;
    for (; !next.done; next = await own.next()) {
      taken = next.value.steps;
      yield { ...next.value, step: done + next.value.step, steps: Math.max(total, done + taken) };
    }
    done += taken;
    if (taken === 0) total -= asked;
    alone.push(next.value);
  }
  const pictures = await codec.decode(...alone.map(({ latents }) => latents));
  const laid: LaidProduct[] = [];
  for (const [index, { rectangle, weights }] of places.entries()) {
    const picture = pictures[index]!;
    laid.push({ picture, cutOut: await cutOutOf(picture, alone[index]!.masks), place: rectangle, weights });
  }
  const layout = await layProducts(laid, whole);
  const encoded = await codec.encode(toModelRange(layout.picture));
  const { products } = layout;
  const behind = start?.picture ?? around;
  const picture = behind === undefined ? encoded : blend(encoded, behind, products);
  const hold = (noise: Float32Array): Hold => {
    const others = making.hold?.(noise);
    return (x, level, step) => {
      const own =
        level.noise / level.signal < HELD_ABOVE ? x : blend(addNoise(encoded, noise, level), x, products);
      return others === undefined ? own : others(own, level, step);
    };
  };
  const scene = samplePicture(pipeline, {
    ...whole,
    ...making,
    start: { picture, strength: sceneShare(start, asked) },
    hold,
  });
  let next = await scene.next();
  for (; !next.done; next = await scene.next()) {
    yield { ...next.value, step: done + next.value.step, steps: done + next.value.steps };
  }
  return { ...next.value, layout };
}

/** A mask that is above this everywhere told nothing. */
const FREE_BELOW = 0.3;

/** The product of a picture that was made alone; undefined where its mask does not tell. */
async function cutOutOf(picture: Picture, masks: SampledLatents['masks']): Promise<Picture | undefined> {
  const found = masks?.[0];
  if (!found?.mask.some((value) => value < FREE_BELOW)) return undefined;
  const { mask: values, height: rows, width: columns } = found;
  const cutOut = await productAlone(picture, [{ values, rows, columns }]);
  return cutOut && resizePicture(cutOut, picture.width, picture.height);
}

/** Four variants of four products; at 1024 px with masks each has a third of a megabyte. */
const KEPT = 16;

/** Latents of products alone, while their model is open: a place that was moved costs the steps of the scene alone. */
const kept = new WeakMap<Pipeline, Map<string, SampledLatents>>();

/** As samplePicture, from noise; without a step where the same was made before. */
async function* madeAlone(
  pipeline: Pipeline,
  request: Omit<PictureRequest, 'start' | 'hold' | 'noise'>,
): AsyncGenerator<PictureStep, SampledLatents> {
  const own = kept.get(pipeline) ?? new Map<string, SampledLatents>();
  kept.set(pipeline, own);
  const { signal: _, barrier: __, ...decisive } = request;
  const key = createHash('sha256').update(serialize(decisive)).digest('hex');
  const known = own.get(key);
  const made = known ?? (yield* samplePicture(pipeline, request));
  // The last that was used is the last to go.
  own.delete(key);
  own.set(key, made);
  if (own.size > KEPT) own.delete(own.keys().next().value!);
  return made;
}

/** One step at least: some models take one in all. */
function sceneShare(start: PlacesMaking['start'], steps: number): number {
  return start?.strength ?? Math.max(SCENE_SHARE, 1 / steps);
}

/** @param shares [h, w] of `one`; the same for every channel */
function blend(one: Float32Array, other: Float32Array, shares: Float32Array): Float32Array {
  return one.map((value, index) => {
    const share = shares[index % shares.length]!;
    return share * value + (1 - share) * other[index]!;
  });
}

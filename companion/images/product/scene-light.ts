/**
 * SceneLight: where the light of a painted scene comes from, seen from above: 0 from the viewer, 90 from the right, -90 from
 * the left, 180 from behind. Shadows that were painted beside the product tell it, and the brighter side of the scene.
 */

import type { Picture, Region, Rgb } from '../picture.ts';
import type { SharePlane } from './share-plane.ts';

export interface SceneLight {
  readonly degrees: number;
  /** Mean colour of the ground around the product's foot, 0..255. */
  readonly ground: Rgb;
}

/** Light of studios where a scene says nothing: a little from the left. */
const USUAL_DEGREES = -50;

/** Beyond it a shadow leaves the product's side, and pictures show no such light unless the sun is low. */
const LARGEST_DEGREES = 70;

/** Ground that is looked at beside the product: of its width and height. */
const BESIDE = { width: 0.7, above: 0.18, below: 0.12 } as const;

/** Weights of the two signs: a painted shadow is the product's own. */
const WEIGHTS = { shadow: 2, scene: 1 } as const;

/** Difference of brightness, as a share of the mean, that counts as light from the side alone. */
const FULL_DIFFERENCE = 0.35;

/**
 * @param scene as it was painted, with what the model made of the product
 * @param seen 1 where a pixel belongs to the scene, 0 in and at the product
 * @param product in the scene's pixels
 */
export function sceneLight(scene: Picture, seen: SharePlane, product: Region): SceneLight {
  const foot = product.top + product.height;
  const rows = {
    top: foot - BESIDE.above * product.height,
    height: (BESIDE.above + BESIDE.below) * product.height,
  };
  const reach = BESIDE.width * product.width;
  const right = product.left + product.width;
  const beside = [
    meanColour(scene, seen, { left: product.left - reach, width: reach + product.width / 4, ...rows }),
    meanColour(scene, seen, { left: right - product.width / 4, width: reach + product.width / 4, ...rows }),
  ] as const;
  const half = scene.width / 2;
  const halves = [
    meanColour(scene, seen, { left: 0, top: 0, width: half, height: scene.height }),
    meanColour(scene, seen, { left: half, top: 0, width: half, height: scene.height }),
  ] as const;
  const sideways = WEIGHTS.shadow * difference(...beside) + WEIGHTS.scene * difference(...halves);
  const share = Math.max(-1, Math.min(1, sideways / FULL_DIFFERENCE));
  const isTold = Math.abs(share) > TOLD;
  const known = beside.filter((colour) => colour !== undefined);
  const colour = (channel: number) =>
    known.length === 0 ? 128 : known.reduce((sum, one) => sum + one[channel]!, 0) / known.length;
  return {
    degrees: isTold ? Math.round(LARGEST_DEGREES * share) : USUAL_DEGREES,
    ground: [colour(0), colour(1), colour(2)],
  };
}

/** A smaller difference is texture. */
const TOLD = 0.12;

/** Brightness of the right beyond the left, of their mean; 0 where one of them is not seen. */
function difference(left: Rgb | undefined, right: Rgb | undefined): number {
  if (left === undefined || right === undefined) return 0;
  const [before, after] = [brightness(left), brightness(right)];
  return (2 * (after - before)) / Math.max(1, before + after);
}

function brightness([red, green, blue]: Rgb): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Mean of what is seen of a region; undefined where that is less than a hundredth of it. */
function meanColour(scene: Picture, seen: SharePlane, region: Region): Rgb | undefined {
  const { width, height, channels, data } = scene;
  const sums = [0, 0, 0];
  let weight = 0;
  const columns = [
    Math.max(0, Math.floor(region.left)),
    Math.min(width, Math.ceil(region.left + region.width)),
  ];
  const bottom = Math.min(height, Math.ceil(region.top + region.height));
  for (let y = Math.max(0, Math.floor(region.top)); y < bottom; y++) {
    for (let x = columns[0]!; x < columns[1]!; x++) {
      const share = seen.values[y * width + x]!;
      weight += share;
      for (let channel = 0; channel < 3; channel++) {
        sums[channel]! += share * data[(y * width + x) * channels + channel]!;
      }
    }
  }
  if (weight < 0.01 * region.width * region.height || weight === 0) return undefined;
  return [sums[0]! / weight, sums[1]! / weight, sums[2]! / weight];
}

/**
 * Sizes on their way between canvas and model. A canvas pixel is a unit of Figma's canvas, whole or not; an image
 * pixel is one of a picture's file. Their types keep a frame's size from being taken for its export's.
 */

import { IMAGE_MAX_SIDE } from './protocol/limits.ts';

declare const unit: unique symbol;
type CanvasPixels = number & { readonly [unit]?: 'canvas' };
export type ImagePixels = number & { readonly [unit]?: 'image' };

export interface CanvasSize {
  readonly width: CanvasPixels;
  readonly height: CanvasPixels;
}

export interface ImageSize {
  readonly width: ImagePixels;
  readonly height: ImagePixels;
}

/** A rectangle in shares of a picture or a layer, from its top left: inside of it from 0 to 1. */
export interface UnitBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * References are cropped to the object and varied in zoom before they are scaled down to the model: with four times
 * its resolution, an object that fills a quarter of the frame still has a pixel for each of the model's.
 */
const REFERENCE_OVERSAMPLING = 4;

/** Longest side of an exported frame that suits a model of this resolution. */
export function exportSide(resolution: ImagePixels): ImagePixels {
  return Math.min(REFERENCE_OVERSAMPLING * resolution, IMAGE_MAX_SIDE);
}

/** Models make less elongated pictures than canvases hold: beyond this they repeat the object. */
const MAX_ASPECT = 2;

/** Sizes of a model's pictures, as its summary has them. */
interface ModelSizes {
  readonly resolution: ImagePixels;
  readonly sizeUnit: ImagePixels;
  /** Those that it was trained at, where it knows others than squares. */
  readonly sizes?: readonly ImageSize[] | undefined;
}

/**
 * The picture to make for a frame: the trained size whose proportions are nearest, of a model that has such; else its
 * proportions as nearly as multiples of `sizeUnit` allow, and about as many pixels as the model was made for, since it knows
 * no other scale of things.
 */
export function pictureSizeFor(frame: CanvasSize, { resolution, sizeUnit, sizes }: ModelSizes): ImageSize {
  const [first, ...others] = sizes ?? [];
  if (first !== undefined) {
    const distance = ({ width, height }: ImageSize) =>
      Math.abs(Math.log((width * frame.height) / (height * frame.width)));
    return others.reduce((near, size) => (distance(size) < distance(near) ? size : near), first);
  }
  const aspect = Math.min(MAX_ASPECT, Math.max(1 / MAX_ASPECT, frame.width / frame.height));
  const side = (length: number): ImagePixels => Math.max(sizeUnit, Math.round(length / sizeUnit) * sizeUnit);
  return { width: side(resolution * Math.sqrt(aspect)), height: side(resolution / Math.sqrt(aspect)) };
}

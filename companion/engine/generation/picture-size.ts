/**
 * PictureSize: the size that a model makes a picture at, and how the picture gets the one that was asked for where the model makes no
 * such: it is made at the nearest, scaled to cover it, and cut at the middle.
 */

import type { ImageSize } from '../../../shared/geometry.ts';
import {
  type PaintingFrame,
  regionAround,
  workingSize,
  workingSizes,
} from '../../images/painting/painting-frame.ts';
import { cropPicture, type Picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';
import type { ModelFacts } from '../../models/family.ts';
import type { LatentSize } from '../../pipeline/preview.ts';
import type { GenerateRequest } from '../requests.ts';

/** Part of a picture that the model worked at. */
export interface WorkedPart {
  readonly original: ImageSize;
  readonly frame: PaintingFrame;
}

interface SizedRequest {
  /** With a size that the model makes. */
  readonly request: GenerateRequest;
  /** The picture that was asked for as a part of the one that is made; undefined: that is the one. */
  readonly fit: WorkedPart | undefined;
}

export function sizedRequest(given: GenerateRequest, facts: ModelFacts): SizedRequest {
  const { size } = given;
  const model = workingSizes(facts);
  const isMade = (side: number) => side % model.unit === 0;
  if (size === undefined || (isMade(size.width) && isMade(size.height)))
    return { request: given, fit: undefined };
  const made = workingSize(size, model);
  const request = { ...given, size: made };
  // Beside a mask or a product it is what the model works at: the result is as large as they are.
  if (given.mask !== undefined || given.product !== undefined) return { request, fit: undefined };
  return { request, fit: { original: size, frame: { ...made, region: regionAround(size, made) } } };
}

/** @param size that the model makes; default: its own square */
export function latentSize(
  { resolution, downscale }: ModelFacts,
  { width, height }: ImageSize = { width: resolution, height: resolution },
): LatentSize {
  return { height: height / downscale, width: width / downscale };
}

/** The note of a picture whose size the model does not make. */
export function fitNote(fit: WorkedPart | undefined): string | undefined {
  if (fit === undefined) return undefined;
  const text = ({ width, height }: ImageSize) => `${width}x${height}`;
  return `This model makes no ${text(fit.original)}: pictures are made at ${text(fit.frame)}, scaled and cut to fit.`;
}

export async function cutToFit(made: Picture, { original, frame: { region } }: WorkedPart): Promise<Picture> {
  const scaled = await resizePicture(made, region.width, region.height);
  return cropPicture(scaled, { left: -region.left, top: -region.top, ...original });
}

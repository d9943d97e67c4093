/**
 * Painting: a picture that generation starts from, and the part of it that is kept, as samplers and models take them. Kept
 * latents are held at each step's level, as diffusers' inpainting with a text-to-image model does; the kept pixels of the
 * result are those of the original, and never went through the model.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { addNoise } from '../../diffusion/noise-process.ts';
import type { Hold, SamplingStart } from '../../diffusion/samplers/sampler.ts';
import { toModelRange } from '../../images/encode.ts';
import { type PaintMask, readPaintMask } from '../../images/painting/paint-mask.ts';
import {
  coveringFrame,
  framedMask,
  framedPicture,
  layBack,
  type PaintingFrame,
  paintingFrame,
  workingSize,
  workingSizes,
} from '../../images/painting/painting-frame.ts';
import { flatten, type Picture } from '../../images/picture.ts';
import { readReference } from '../../images/references/reference-image.ts';
import { everythingPainted, type PaintedPart, paintedPart, seesKeptPart } from '../../pipeline/inpainting.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { LatentSize } from '../../pipeline/preview.ts';
import type { MaskReport } from '../events.ts';
import type { GenerateRequest } from '../requests.ts';
import type { WorkedPart } from './picture-size.ts';

/** Plan of a painting, from sizes alone: nothing was encoded. */
export interface PlannedPainting {
  readonly original: Picture;
  readonly mask: PaintMask | undefined;
  readonly frame: PaintingFrame;
  readonly strength: number;
}

export interface Painting {
  /** Undefined: the start is noise alone. */
  readonly start: SamplingStart | undefined;
  readonly hold: ((noise: Float32Array) => Hold) | undefined;
  readonly painted: PaintedPart | undefined;
}

/** Shares of the steps that are taken where none is told: a picture keeps its layout, and a hole has nothing to keep. */
const STRENGTH = { picture: 0.6, hole: 1 } as const;

/** Soft edge where none is told, in pixels. */
const FEATHER_PX = 8;

/**
 * @param size the request's, already held to the model's multiples
 * @throws LikenessError `input` as readPaintMask, `image-unknown` for a picture that was sent and is gone
 */
export async function planPainting(
  { pipeline: { facts } }: LoadedModel,
  { init, mask, size }: Pick<GenerateRequest, 'init' | 'mask' | 'size'>,
): Promise<PlannedPainting | undefined> {
  if (init === undefined) {
    if (mask === undefined) return undefined;
    throw new LikenessError('input', 'there is a mask and no picture that it is of', {
      advice: 'Give the picture as well: --init.',
    });
  }
  const original = await openPicture(init.picture);
  const sizes = workingSizes(facts);
  if (mask === undefined) {
    const frame = coveringFrame(original, size ?? workingSize(original, sizes));
    return { original, mask: undefined, frame, strength: init.strength ?? STRENGTH.picture };
  }
  const paint = readPaintMask(await openPicture(mask.picture), original, mask.featherPx ?? FEATHER_PX);
  const frame = paintingFrame(paint, sizes, size);
  return { original, mask: paint, frame, strength: init.strength ?? STRENGTH.hole };
}

/** Encodes what the plan needs. */
export async function openPainting(
  pipeline: Pipeline,
  planned: PlannedPainting | undefined,
  cells: LatentSize,
): Promise<Painting> {
  if (planned === undefined) {
    return { start: undefined, hold: undefined, painted: await everythingPainted(pipeline, cells) };
  }
  const { original, mask, frame, strength } = planned;
  const pixels = toModelRange(flatten(await framedPicture(original, frame)));
  const picture = await pipeline.encodePicture(pixels, frame.height, frame.width);
  const start = { picture, strength };
  if (mask === undefined) {
    return { start, hold: undefined, painted: await everythingPainted(pipeline, cells) };
  }
  const shown = framedMask(mask, frame);
  const latentMask = anyOf(shown, frame, cells);
  const seesKept = seesKeptPart(pipeline);
  return {
    // As diffusers' inpainting: at full strength nothing of what was in the hole is left.
    start: strength < 1 ? start : undefined,
    // A model that sees the kept part paints into it by itself: diffusers' pipeline blends nothing there.
    hold: seesKept ? undefined : (noise) => keepLatents(picture, latentMask, noise),
    painted: seesKept ? await paintedPart(pipeline, pixels, shown, latentMask, cells) : undefined,
  };
}

/** The finished picture: as it was made, or laid back into the original. */
export async function finishPainting(made: Picture, planned: PlannedPainting | undefined): Promise<Picture> {
  if (planned?.mask === undefined) return made;
  return layBack(planned.original, made, planned.mask, planned.frame);
}

/** A cell is painted where any of its pixels is: the soft edge is painted too. [h, w] of 0 and 1. */
function anyOf(shown: Uint8Array, { width, height }: PaintingFrame, cells: LatentSize): Float32Array {
  const mask = new Float32Array(cells.height * cells.width);
  const side = height / cells.height;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (shown[y * width + x]! > 0) mask[Math.floor(y / side) * cells.width + Math.floor(x / side)] = 1;
    }
  }
  return mask;
}

/**
 * Cells with mask 0 as the encoded picture at the sample's level, with the first noise.
 * @param mask [h, w]; the same for every channel
 */
export function keepLatents(picture: Float32Array, mask: Float32Array, noise: Float32Array): Hold {
  return (x, level) => {
    const kept = addNoise(picture, noise, level);
    return x.map((value, index) => {
      const share = mask[index % mask.length]!;
      return (1 - share) * kept[index]! + share * value;
    });
  };
}

/** A mask of what was made, on the whole of the original that it was laid back into. */
export function reportInOriginal(report: MaskReport, part: WorkedPart | undefined): MaskReport {
  if (part === undefined) return report;
  const {
    original,
    frame: { region },
  } = part;
  const rows = Math.max(1, Math.round((report.rows * original.height) / region.height));
  const columns = Math.max(1, Math.round((report.columns * original.width) / region.width));
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const y = (((row + 0.5) * original.height) / rows - region.top) / region.height;
    for (let column = 0; column < columns; column++) {
      const x = (((column + 0.5) * original.width) / columns - region.left) / region.width;
      if (x < 0 || y < 0 || x >= 1 || y >= 1) continue;
      const from = Math.floor(y * report.rows) * report.columns + Math.floor(x * report.columns);
      values[row * columns + column] = report.values[from]!;
    }
  }
  return { ...report, rows, columns, values };
}

/** @throws LikenessError `image-unknown` for one that was sent and is gone */
export async function openPicture(source: Picture | string): Promise<Picture> {
  if (typeof source !== 'string') return source;
  return (await readReference(source)).pixels;
}

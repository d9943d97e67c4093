/**
 * PaintingFrame: the part of a picture that a model paints at its own size, with some of what is around the mask, so that
 * the model sees what it paints into; and what it made laid back, with every pixel that is kept as it was.
 */

import type { ImageSize } from '../../../shared/geometry.ts';
import { cropPicture, type Picture, picture, type Region } from '../picture.ts';
import { resizePicture } from '../resize.ts';
import type { PaintMask } from './paint-mask.ts';

export interface PaintingFrame extends ImageSize {
  /** Part of the picture, in its pixels. The size is what the model works at. */
  readonly region: Region;
}

/** Sizes that a model makes. */
export interface WorkingSizes {
  /** Side of its usual picture, in pixels. */
  readonly resolution: number;
  /** Sides are multiples of this. */
  readonly unit: number;
  /** Sizes it was trained at; none: squares alone, and others of as many pixels are tried. */
  readonly sizes: readonly ImageSize[];
}

/** Margin around the mask, of its longer side: the mask then fills about half of what the model sees. */
const CONTEXT_SHARE = 0.5;

/** A small mask is painted at most so many times enlarged: beyond it, what is around tells the model nothing. */
const MAX_ENLARGEMENT = 4;

/** Taller or wider than this the model repeats itself. */
const MAX_ASPECT = 2;

interface LatentFacts extends Omit<WorkingSizes, 'unit'> {
  /** Pixels of a latent cell's side. */
  readonly downscale: number;
  /** Cells that sides are multiples of. */
  readonly latentUnit: number;
}

export function workingSizes({ resolution, downscale, latentUnit, sizes }: LatentFacts): WorkingSizes {
  return { resolution, unit: downscale * latentUnit, sizes };
}

/** The model's size nearest to the proportions of `size`, of about its usual number of pixels. */
export function workingSize(
  { width, height }: ImageSize,
  { resolution, unit, sizes }: WorkingSizes,
): ImageSize {
  const aspect = Math.min(Math.max(width / height, 1 / MAX_ASPECT), MAX_ASPECT);
  const off = (one: ImageSize) => Math.abs(Math.log(one.width / one.height / aspect));
  if (sizes.length > 0) return sizes.reduce((best, one) => (off(one) < off(best) ? one : best));
  const whole = (side: number) => Math.max(unit, Math.round(side / unit) * unit);
  return { width: whole(resolution * Math.sqrt(aspect)), height: whole(resolution / Math.sqrt(aspect)) };
}

/** @param size that the model works at; default: nearest to the proportions of what has to be seen */
export function paintingFrame(
  { bounds, width, height }: PaintMask,
  model: WorkingSizes,
  size?: ImageSize,
): PaintingFrame {
  const margin = CONTEXT_SHARE * Math.max(bounds.width, bounds.height);
  const least = model.resolution / MAX_ENLARGEMENT;
  const seen = {
    width: Math.min(width, Math.max(least, bounds.width + 2 * margin)),
    height: Math.min(height, Math.max(least, bounds.height + 2 * margin)),
  };
  const working = size ?? workingSize(seen, model);
  const aspect = working.width / working.height;
  const wide = Math.max(seen.width, seen.height * aspect);
  const region = {
    width: Math.min(width, Math.round(wide)),
    height: Math.min(height, Math.round(wide / aspect)),
  };
  const place = (first: number, length: number, own: number, whole: number) =>
    Math.round(Math.min(Math.max(0, first + length / 2 - own / 2), whole - own));
  return {
    ...working,
    region: {
      left: place(bounds.left, bounds.width, region.width, width),
      top: place(bounds.top, bounds.height, region.height, height),
      ...region,
    },
  };
}

/** The whole picture, cut at the middle to the proportions of `size`. */
export function coveringFrame(source: ImageSize, size: ImageSize): PaintingFrame {
  const scale = Math.min(source.width / size.width, source.height / size.height);
  const width = Math.max(1, Math.min(source.width, Math.round(size.width * scale)));
  const height = Math.max(1, Math.min(source.height, Math.round(size.height * scale)));
  const left = Math.floor((source.width - width) / 2);
  const top = Math.floor((source.height - height) / 2);
  return { ...size, region: { left, top, width, height } };
}

/** The smallest region of the proportions of `size` that holds all of the picture, in its middle: it begins outside of it. */
export function regionAround({ width, height }: ImageSize, size: ImageSize): Region {
  const scale = Math.max(width / size.width, height / size.height);
  const own = {
    width: Math.max(width, Math.round(size.width * scale)),
    height: Math.max(height, Math.round(size.height * scale)),
  };
  return { left: Math.floor((width - own.width) / 2), top: Math.floor((height - own.height) / 2), ...own };
}

/** The framed part of the picture, at the frame's size. */
export function framedPicture(source: Picture, { region, width, height }: PaintingFrame): Promise<Picture> {
  return resizePicture(cropPicture(source, region), width, height);
}

/** Pixels that are painted at the frame's size, [height, width]: 1 where the mask has any share, else 0. */
export function framedMask(mask: PaintMask, { region, width, height }: PaintingFrame): Uint8Array {
  const painted = new Uint8Array(width * height);
  const [across, down] = [region.width / width, region.height / height];
  for (let y = 0; y < height; y++) {
    const rows = covered(region.top + y * down, down, mask.height);
    for (let x = 0; x < width; x++) {
      const columns = covered(region.left + x * across, across, mask.width);
      painted[y * width + x] = hasShare(mask, rows, columns) ? 1 : 0;
    }
  }
  return painted;
}

type Range = readonly [first: number, end: number];

function covered(start: number, length: number, whole: number): Range {
  const first = Math.min(whole - 1, Math.floor(start));
  return [first, Math.min(whole, Math.max(first + 1, Math.ceil(start + length)))];
}

function hasShare({ shares, width }: PaintMask, rows: Range, columns: Range): boolean {
  for (let row = rows[0]; row < rows[1]; row++) {
    for (let column = columns[0]; column < columns[1]; column++) {
      if (shares[row * width + column]! > 0) return true;
    }
  }
  return false;
}

/** The original with what was painted laid over it: c = a painted + (1 - a) original, and no byte changed where a is 0. */
export async function layBack(
  original: Picture,
  painted: Picture,
  mask: PaintMask,
  { region }: PaintingFrame,
): Promise<Picture> {
  const { width, height, channels } = original;
  const scaled = await resizePicture(painted, region.width, region.height);
  const data = new Uint8Array(original.data);
  for (let y = 0; y < region.height; y++) {
    for (let x = 0; x < region.width; x++) {
      const pixel = (region.top + y) * width + region.left + x;
      const share = mask.shares[pixel]! / 255;
      if (share === 0) continue;
      const [to, from] = [pixel * channels, (y * region.width + x) * 3];
      const under = channels === 4 ? (original.data[to + 3]! / 255) * (1 - share) : 1 - share;
      const alpha = share + under;
      for (let channel = 0; channel < 3; channel++) {
        const sum = share * scaled.data[from + channel]! + under * original.data[to + channel]!;
        data[to + channel] = Math.round(sum / alpha);
      }
      if (channels === 4) data[to + 3] = Math.round(255 * alpha);
    }
  }
  return picture(width, height, channels, data);
}

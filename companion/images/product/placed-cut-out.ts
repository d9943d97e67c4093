/**
 * PlacedCutOut: a product's own pixels at its place in a layout, resampled at most once. What its alpha covers whole is never
 * changed from here on, and `changedPixels` counts what was.
 */

import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { ImageSize, UnitBox } from '../../../shared/geometry.ts';
import { IMAGE_MAX_PIXELS } from '../../../shared/protocol/limits.ts';
import { maskBounds, pictureCutoutKind } from '../object-mask.ts';
import { alphaOf, cropPicture, type Picture, type Region } from '../picture.ts';
import { resizePicture } from '../resize.ts';

export interface PlacedCutOut {
  /** As large as the layout, with alpha. */
  readonly picture: Picture;
  /** The smallest region with all that is at least half opaque, in the layout's pixels. */
  readonly bounds: Region;
  /** True where no pixel was resampled. */
  readonly isOwnSize: boolean;
}

export interface CutOutPlace {
  readonly layout: ImageSize;
  /** Default: centred, standing on the lower third, 60 % high. */
  readonly box?: UnitBox | undefined;
  /** `product`: what is visible fits into the box and stands on its lower edge. `picture`: the picture fills it. */
  readonly fits: 'product' | 'picture';
}

/** Height of a product that has no box, and its foot: the middle of the lower third. Shares of the layout. */
const USUAL = { height: 0.6, width: 0.8, foot: 5 / 6 } as const;

/** A box so near to the cut-out's own size is meant to be it: canvases round positions, and resampling would soften. */
const OWN_SIZE_PX = 2;

/** @throws LikenessError `input` for a picture without a background removed, or a place outside of the layout */
export async function placeCutOut(source: Picture, place: CutOutPlace): Promise<PlacedCutOut> {
  requireCutOut(source);
  const { layout, fits } = place;
  const visible = maskBounds(alphaOf(source), source.width, source.height)!;
  const whole = { left: 0, top: 0, width: source.width, height: source.height };
  // Edges fainter than half lie outside of what counts as visible, and come along.
  const scaledTo = fits === 'picture' ? filled(whole, place) : standing(visible, place);
  const scale = { x: scaledTo.width / scaledTo.of.width, y: scaledTo.height / scaledTo.of.height };
  const size = ownSize(
    { width: Math.round(source.width * scale.x), height: Math.round(source.height * scale.y) },
    source,
  );
  const left = Math.round(scaledTo.left - (scaledTo.of.left * size.width) / source.width);
  const top = Math.round(scaledTo.top - (scaledTo.of.top * size.height) / source.height);
  const target = { left, top, width: Math.max(1, size.width), height: Math.max(1, size.height) };
  const part = target.width * target.height > IMAGE_MAX_PIXELS ? partInside(source, target, layout) : whole;
  const scaled = scaledPart(source, target, part);
  const resized = await resizePicture(cropPicture(source, part), scaled.width, scaled.height);
  const placed = cropPicture(resized, { left: -scaled.left, top: -scaled.top, ...layout });
  const bounds = maskBounds(alphaOf(placed), layout.width, layout.height);
  if (bounds === undefined) {
    throw new LikenessError('input', 'the product lies outside of the layout, or is too small to be seen', {
      advice: 'Give its box from the top left, in pixels or in shares from 0 to 1.',
    });
  }
  return {
    picture: placed,
    bounds,
    isOwnSize: target.width === source.width && target.height === source.height,
  };
}

/**
 * The part of a source that lands in the layout, with a pixel around it to resample from: of a cut-out many times as large, the
 * rest would take gigabytes that nobody sees.
 */
function partInside(source: ImageSize, target: Region, layout: ImageSize): Region {
  const range = (first: number, length: number, own: number, room: number) => {
    const scale = length / own;
    const from = Math.min(own - 1, Math.max(0, Math.floor(-first / scale) - 1));
    return [from, Math.min(own, Math.max(from + 1, Math.ceil((room - first) / scale) + 1))] as const;
  };
  const [left, right] = range(target.left, target.width, source.width, layout.width);
  const [top, bottom] = range(target.top, target.height, source.height, layout.height);
  return { left, top, width: right - left, height: bottom - top };
}

/** Place of a part of the source in the layout, where the whole has `target`. */
function scaledPart(source: ImageSize, target: Region, part: Region): Region {
  const across = (length: number) => Math.round((length * target.width) / source.width);
  const down = (length: number) => Math.round((length * target.height) / source.height);
  return {
    left: target.left + across(part.left),
    top: target.top + down(part.top),
    width: Math.max(1, across(part.width)),
    height: Math.max(1, down(part.height)),
  };
}

/** A target, and the part of the source that it is for. */
type Target = Region & { readonly of: Region };

function filled(of: Region, { box = { x: 0, y: 0, width: 1, height: 1 }, layout }: CutOutPlace): Target {
  return {
    left: box.x * layout.width,
    top: box.y * layout.height,
    width: box.width * layout.width,
    height: box.height * layout.height,
    of,
  };
}

/** As large as fits, in the middle, on the box's lower edge. */
function standing(of: Region, { box, layout }: CutOutPlace): Target {
  const room = box ?? {
    x: (1 - USUAL.width) / 2,
    y: USUAL.foot - USUAL.height,
    width: USUAL.width,
    height: USUAL.height,
  };
  const [width, height] = [room.width * layout.width, room.height * layout.height];
  const scale = Math.min(width / of.width, height / of.height);
  const near = Math.abs(scale - 1) * Math.max(of.width, of.height) <= OWN_SIZE_PX ? 1 : scale;
  const own = { width: of.width * near, height: of.height * near };
  return {
    left: room.x * layout.width + (width - own.width) / 2,
    top: room.y * layout.height + height - own.height,
    ...own,
    of,
  };
}

function ownSize(wanted: ImageSize, { width, height }: ImageSize): ImageSize {
  const off = Math.max(Math.abs(wanted.width - width), Math.abs(wanted.height - height));
  return off <= OWN_SIZE_PX ? { width, height } : wanted;
}

function requireCutOut(source: Picture): void {
  const kind = pictureCutoutKind(source);
  if (kind === 'cut-out') return;
  throw new LikenessError(
    'input',
    kind === 'opaque'
      ? 'the product has no transparent background: its pixels would be the whole picture'
      : 'the cut-out shows nothing that is at least half opaque',
    {
      advice:
        kind === 'opaque'
          ? `Give a transparent PNG. \`${PROGRAM} cut-out\` removes the background of a photo.`
          : 'Give a cut-out in which the product can be seen.',
    },
  );
}

/** Pixels that the cut-out covers whole and that are another colour in the picture of the same size. */
export function changedPixels({ picture: own }: PlacedCutOut, made: Picture): number {
  let changed = 0;
  for (let pixel = 0; pixel < own.width * own.height; pixel++) {
    if (own.data[pixel * 4 + 3] !== 255) continue;
    const at = pixel * made.channels;
    for (let channel = 0; channel < 3; channel++) {
      if (made.data[at + channel] === own.data[pixel * 4 + channel]) continue;
      changed++;
      break;
    }
  }
  return changed;
}

/**
 * foregroundOf: the colours that a cut-out has at its soft edges, without the background that shines through them there.
 * Blur fusion (Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021), twice: wide, then narrow.
 */

import { boxMean, type Window } from '../images/box-mean.ts';
import { type Picture, picture } from '../images/picture.ts';

/** Pixels on each side, as the paper has them. */
const RADII = [90, 6] as const;

/**
 * @param source opaque
 * @param alpha a byte a pixel
 * @returns the source with alpha, and with its foreground's colours
 */
export function foregroundOf(source: Picture, alpha: Uint8Array): Picture {
  const { width, height } = source;
  const pixels = width * height;
  const share = Float32Array.from(alpha, (value) => value / 255);
  const rest = share.map((value) => 1 - value);
  const windows = RADII.map((radius) => {
    const window = { width, height, radius };
    return { window, share, rest, shares: boxMean(share, window), rests: boxMean(rest, window) };
  });
  const data = new Uint8Array(pixels * 4);
  for (let channel = 0; channel < 3; channel++) {
    const image = Float32Array.from(
      { length: pixels },
      (_, at) => source.data[at * source.channels + channel]!,
    );
    let layers: Layers = { front: image, back: image };
    for (const shares of windows) layers = fused(image, layers, shares);
    for (let at = 0; at < pixels; at++) data[at * 4 + channel] = Math.round(layers.front[at]!);
  }
  for (let at = 0; at < pixels; at++) data[at * 4 + 3] = alpha[at]!;
  return picture(width, height, 4, data);
}

interface Layers {
  readonly front: Float32Array;
  readonly back: Float32Array;
}

/** The same for all channels: the foreground's share of each pixel, the background's, and both over the window. */
interface Shares {
  readonly window: Window;
  readonly share: Float32Array;
  readonly rest: Float32Array;
  readonly shares: Float32Array;
  readonly rests: Float32Array;
}

/** One pass: each layer's mean over the window, by its share, and what is left of the picture put onto the front. */
function fused(
  image: Float32Array,
  { front, back }: Layers,
  { window, share, rest, shares, rests }: Shares,
): Layers {
  const fronts = boxMean(
    front.map((value, at) => value * share[at]!),
    window,
  );
  const backs = boxMean(
    back.map((value, at) => value * rest[at]!),
    window,
  );
  const newFront = new Float32Array(image.length);
  const newBack = new Float32Array(image.length);
  for (let at = 0; at < image.length; at++) {
    const foreground = shares[at]! > EMPTY ? fronts[at]! / shares[at]! : image[at]!;
    const background = rests[at]! > EMPTY ? backs[at]! / rests[at]! : image[at]!;
    const left = image[at]! - share[at]! * foreground - rest[at]! * background;
    newFront[at] = Math.min(255, Math.max(0, foreground + share[at]! * left));
    newBack[at] = background;
  }
  return { front: newFront, back: newBack };
}

/** A share below this is no colour to divide by. */
const EMPTY = 1e-5;

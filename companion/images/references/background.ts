/**
 * Backgrounds for cut-outs. A product seen on many backgrounds is learned apart from them; quiet ones suffice, since
 * the model already knows what scenes look like.
 */

import { type Picture, picture, type Region, type Rgb } from '../picture.ts';
import type { UniformSource } from './augmentation.ts';

/** @internal */
export const BACKGROUND_KINDS = ['plain', 'gradient', 'noise', 'studio'] as const;
export type BackgroundKind = (typeof BACKGROUND_KINDS)[number];

/** A colour field: what is at (x, y), both 0..1 from the top left. Values 0..255, rounded later. */
type Field = (x: number, y: number) => Rgb;

const FIELDS: Readonly<Record<BackgroundKind, (random: UniformSource) => Field>> = {
  plain: (random) => {
    const colour = quietColour(random);
    return () => colour;
  },
  gradient: (random) => {
    const from = quietColour(random);
    const to = shade(from, 0.7 + 0.6 * random());
    const angle = 2 * Math.PI * random();
    return (x, y) => {
      const along = (x - 0.5) * Math.cos(angle) + (y - 0.5) * Math.sin(angle);
      return mix(from, to, smooth(along / Math.SQRT2 + 0.5));
    };
  },
  noise: (random) => {
    const colour = quietColour(random);
    const coarse = valueNoise(4 + Math.floor(4 * random()), random);
    const fine = valueNoise(16 + Math.floor(16 * random()), random);
    const strength = 0.1 + 0.15 * random();
    return (x, y) => shade(colour, 1 + strength * (coarse(x, y) + 0.5 * fine(x, y) - 0.75));
  },
  studio: (random) => {
    const wall = quietColour(random);
    const floor = shade(wall, 1.05 + 0.1 * random());
    const horizon = 0.55 + 0.2 * random();
    const softness = 0.05 + 0.15 * random();
    return (x, y) => {
      const vignette = 1 - 0.12 * ((x - 0.5) ** 2 + (y - 0.4) ** 2) * 4;
      return shade(mix(wall, floor, smooth((y - horizon) / softness + 0.5)), vignette);
    };
  },
};

/**
 * An opaque size x size background.
 *
 * @param product where the product will stand; a studio gets a soft contact shadow under it
 */
export function drawBackground(
  kind: BackgroundKind,
  size: number,
  random: UniformSource,
  product?: Region,
): Picture {
  const field = FIELDS[kind](random);
  const shadow = kind === 'studio' && product ? contactShadow(product, size, random) : undefined;
  const data = new Uint8ClampedArray(size * size * 3);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) / size;
      const y = (row + 0.5) / size;
      const colour = field(x, y);
      data.set(shadow ? shade(colour, 1 - shadow(x, y)) : colour, (row * size + column) * 3);
    }
  }
  return picture(size, size, 3, new Uint8Array(data.buffer));
}

export function pickBackground(random: UniformSource): BackgroundKind {
  return BACKGROUND_KINDS[Math.floor(random() * BACKGROUND_KINDS.length)]!;
}

/** An ellipse under the product's foot, as a share of light taken away. */
function contactShadow(
  product: Region,
  size: number,
  random: UniformSource,
): (x: number, y: number) => number {
  const centreX = (product.left + product.width / 2) / size;
  const foot = (product.top + product.height) / size;
  const radiusX = (0.6 * product.width) / size;
  const radiusY = 0.2 * radiusX;
  const depth = 0.3 + 0.25 * random();
  return (x, y) => {
    const distance = ((x - centreX) / radiusX) ** 2 + ((y - foot) / radiusY) ** 2;
    return depth * Math.exp(-1.5 * distance);
  };
}

/** Mostly greys and pale tints, from dark to white: strong colours would tint what is learned. */
function quietColour(random: UniformSource): Rgb {
  const value = 255 * (0.25 + 0.75 * Math.sqrt(random()));
  const saturation = 0.35 * random() ** 2;
  const hue = 6 * random();
  const channel = (offset: number) => {
    const phase = (offset + hue) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(phase, 4 - phase, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** Random values on a grid of cells x cells, interpolated smoothly; 0..1. */
function valueNoise(cells: number, random: UniformSource): (x: number, y: number) => number {
  const stride = cells + 1;
  const grid = Float32Array.from({ length: stride * stride }, random);
  return (x, y) => {
    const column = Math.min(cells - 1, Math.floor(x * cells));
    const row = Math.min(cells - 1, Math.floor(y * cells));
    const across = smooth(x * cells - column);
    const at = (dy: number) => {
      const left = grid[(row + dy) * stride + column]!;
      return left + across * (grid[(row + dy) * stride + column + 1]! - left);
    };
    return at(0) + smooth(y * cells - row) * (at(1) - at(0));
  };
}

/** 3t^2 - 2t^3 over 0..1. */
function smooth(t: number): number {
  const inside = Math.min(1, Math.max(0, t));
  return inside * inside * (3 - 2 * inside);
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [
    from[0] + share * (to[0] - from[0]),
    from[1] + share * (to[1] - from[1]),
    from[2] + share * (to[2] - from[2]),
  ];
}

function shade([red, green, blue]: Rgb, factor: number): Rgb {
  return [red * factor, green * factor, blue * factor];
}

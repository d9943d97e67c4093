/**
 * ProductLayers: the layers of a picture around a product, from the bottom, as design tools blend them; and the picture that
 * they make.
 */

import type { LayerName } from '../../../shared/protocol/product.ts';
import { type Picture, picture } from '../picture.ts';
import type { PlacedCutOut } from './placed-cut-out.ts';

export interface ProductLayer {
  readonly name: LayerName;
  /** All of the layout's size; the scene is opaque. */
  readonly picture: Picture;
  readonly blend: 'NORMAL' | 'MULTIPLY';
  /** 0..1. */
  readonly opacity: number;
}

/** The layers laid over each other; the first is opaque. In sRGB values, as design tools do. */
export function flattened([scene, ...others]: readonly ProductLayer[]): Picture {
  const { width, height } = scene!.picture;
  const data = new Uint8Array(scene!.picture.data);
  for (const { picture: over, blend, opacity } of others) {
    for (let pixel = 0; pixel < width * height; pixel++) {
      const alpha = (opacity * over.data[pixel * 4 + 3]!) / 255;
      if (alpha === 0) continue;
      for (let channel = 0; channel < 3; channel++) {
        const below = data[pixel * 3 + channel]!;
        const own = over.data[pixel * 4 + channel]!;
        const blended = blend === 'MULTIPLY' ? (own * below) / 255 : own;
        data[pixel * 3 + channel] = Math.round(below + alpha * (blended - below));
      }
    }
  }
  return picture(width, height, 3, data);
}

/** Reach of an edge in which it looks for the product's own colour, in pixels. */
const EDGE_REACH = 3;

/** Light of the scene that falls onto an edge, where that is nearly clear. */
const LIGHT_WRAP = 0.25;

/**
 * The cut-out with edges that fit the scene: what is partly clear loses the colour of the background that it was cut from,
 * for that of the product beside it, and takes some of the scene's light. Pixels of alpha 255 stay as they are.
 * @param below of the same size, opaque
 */
export function harmonised({ picture: own }: PlacedCutOut, below: Picture): Picture {
  const { width, height } = own;
  const data = new Uint8Array(own.data);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const alpha = own.data[at + 3]!;
      if (alpha === 0 || alpha === 255) continue;
      const inner = innerColour(own, x, y);
      const clear = 1 - alpha / 255;
      for (let channel = 0; channel < 3; channel++) {
        const self = own.data[at + channel]!;
        const clean = inner === undefined ? self : self + clear * (inner[channel]! - self);
        const scene = below.data[(y * width + x) * 3 + channel]!;
        data[at + channel] = Math.round(clean + LIGHT_WRAP * clear * (scene - clean));
      }
    }
  }
  return picture(width, height, 4, data);
}

/** Mean of the pixels nearby that are covered whole, by nearness; undefined for none. */
function innerColour({ width, height, data }: Picture, x: number, y: number): readonly number[] | undefined {
  const sums = [0, 0, 0];
  let weight = 0;
  for (let row = Math.max(0, y - EDGE_REACH); row <= Math.min(height - 1, y + EDGE_REACH); row++) {
    for (let column = Math.max(0, x - EDGE_REACH); column <= Math.min(width - 1, x + EDGE_REACH); column++) {
      const at = (row * width + column) * 4;
      if (data[at + 3] !== 255) continue;
      const share = 1 / ((row - y) ** 2 + (column - x) ** 2) ** 2;
      weight += share;
      for (let channel = 0; channel < 3; channel++) sums[channel]! += share * data[at + channel]!;
    }
  }
  return weight === 0 ? undefined : sums.map((sum) => sum / weight);
}

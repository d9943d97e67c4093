/**
 * Shadow of a standing cut-out: dark where it touches the ground, and cast away from the light, softer and fainter with the
 * distance. Computed from the alpha's shape, as a layer to be multiplied with the scene.
 */

import { type Picture, picture, type Region, type Rgb } from '../picture.ts';
import { resizePicture } from '../resize.ts';
import { type ContactLine, contactLine } from './contact-line.ts';
import type { PlacedCutOut } from './placed-cut-out.ts';
import type { SceneLight } from './scene-light.ts';
import { type SharePlane, softened } from './share-plane.ts';

/** Longer side that a shadow is computed at: it is soft, and a layout of print size would take seconds. */
const COMPUTED_SIDE = 768;

/** Length of a shadow on the ground of the height that casts it: light from some 50 degrees above the ground. */
const LENGTH = 0.85;

/** A length away from the viewer as it is seen: cameras look a little down on products. */
const FORESHORTENED = 0.24;

/** Softness at the foot and how fast it grows, and the height at which a shadow has faded; of the product's height. */
const SOFTNESS = { foot: 0.008, growth: 0.11 } as const;
const FADED = 1.05;

/** Shares of light taken away. */
const DARKNESS = { contact: 0.8, around: 0.55, cast: 0.6 } as const;

/** Deviations of the dark line and of the dimness around it, of the product's height. */
const LINE = 0.01;
const AROUND = { across: 0.075, down: 0.035 } as const;

/** Shadows keep so much of the ground's colour. */
const TINT = 0.22;

/** Levels of softness between which a cast shadow is interpolated. */
const LEVELS = 6;

/** RGBA as large as the layout: the shadow's colour everywhere, and how dark it is as alpha. For MULTIPLY. */
export async function shadowLayer(placed: PlacedCutOut, light: SceneLight): Promise<Picture> {
  const { width, height } = placed.picture;
  const scale = Math.min(1, COMPUTED_SIDE / Math.max(width, height));
  const size = { width: Math.ceil(width * scale), height: Math.ceil(height * scale) };
  const small = await resizePicture(placed.picture, size.width, size.height);
  const bounds = scaled(placed.bounds, size.width / width, size.height / height);
  const line = contactLine(small, bounds);
  const contact = contactShadow(size, line, bounds);
  const cast = castShadow(small, line, bounds, light.degrees);
  const alpha = contact.map((own, pixel) => 255 * (1 - (1 - own) * (1 - DARKNESS.cast * cast[pixel]!)));
  return resizePicture(coloured(size, alpha, light.ground), width, height, 'smooth');
}

function scaled({ left, top, width, height }: Region, across: number, down: number): Region {
  const [right, bottom] = [Math.ceil((left + width) * across), Math.ceil((top + height) * down)];
  const [x, y] = [Math.floor(left * across), Math.floor(top * down)];
  return { left: x, top: y, width: right - x, height: bottom - y };
}

function coloured(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  alpha: Float32Array,
  ground: Rgb,
): Picture {
  const data = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++)
      data[pixel * 4 + channel] = Math.round(TINT * ground[channel]!);
    data[pixel * 4 + 3] = Math.min(255, Math.max(0, Math.round(alpha[pixel]!)));
  }
  return picture(width, height, 4, data);
}

/** The dark line under the foot, and the dimness where little light of the surroundings comes. */
function contactShadow(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  { rows, touch }: ContactLine,
  bounds: Region,
): Float32Array {
  const values = new Float32Array(width * height);
  const half = Math.max(0.6, LINE * bounds.height);
  for (let x = 0; x < width; x++) {
    if (touch[x] === 0) continue;
    const [first, last] = [Math.floor(rows[x]! - 3 * half), Math.ceil(rows[x]! + half)];
    for (let y = Math.max(0, first); y < Math.min(height, last); y++) values[y * width + x] = touch[x]!;
  }
  const plane: SharePlane = { width, height, values };
  const near = softened(plane, LINE * bounds.height).values;
  const around = softened(plane, AROUND.across * bounds.height, AROUND.down * bounds.height).values;
  const peak = around.reduce((most, value) => Math.max(most, value), 1e-6);
  return near.map((own, pixel) => {
    const dim = (DARKNESS.around * around[pixel]!) / peak;
    return 1 - (1 - DARKNESS.contact * Math.min(1, own)) * (1 - dim);
  });
}

/** The alpha laid down on the ground, away from the light. */
function castShadow(
  { width, height, data }: Picture,
  { rows }: ContactLine,
  bounds: Region,
  degrees: number,
): Float32Array {
  const angle = (degrees * Math.PI) / 180;
  const across = -LENGTH * Math.sin(angle);
  const away = LENGTH * FORESHORTENED * Math.cos(angle);
  const shape = new Float32Array(width * height);
  const heights = new Float32Array(width * height);
  for (let y = bounds.top; y < bounds.top + bounds.height; y++) {
    for (let x = bounds.left; x < bounds.left + bounds.width; x++) {
      const alpha = data[(y * width + x) * 4 + 3]! / 255;
      const above = rows[x]! - 0.5 - y;
      if (alpha === 0 || above < 0) continue;
      const [column, row] = [Math.round(x + above * across), Math.round(rows[x]! - 0.5 - above * away)];
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      const at = row * width + column;
      if (alpha < shape[at]!) continue;
      shape[at] = alpha;
      heights[at] = above / bounds.height;
    }
  }
  return softenedByHeight({ width, height, values: shape }, heights, bounds.height);
}

/** Softness follows the height that cast a place; around the shape heights are those of the nearest parts of it. */
function softenedByHeight(shape: SharePlane, heights: Float32Array, productHeight: number): Float32Array {
  const { width, height } = shape;
  const spread = SOFTNESS.growth * productHeight;
  const weighted = heights.map((own, pixel) => own * shape.values[pixel]!);
  const sums = softened({ width, height, values: weighted }, spread).values;
  const weights = softened(shape, spread).values;
  const levels = Array.from(
    { length: LEVELS },
    (_, level) =>
      softened(shape, productHeight * (SOFTNESS.foot + (SOFTNESS.growth * level) / (LEVELS - 1))).values,
  );
  return shape.values.map((_, pixel) => {
    if (weights[pixel]! < 1e-4) return 0;
    const above = Math.min(1, sums[pixel]! / weights[pixel]!);
    const level = Math.min(LEVELS - 1.001, above * (LEVELS - 1));
    const low = Math.floor(level);
    const share = level - low;
    const soft = (1 - share) * levels[low]![pixel]! + share * levels[low + 1]![pixel]!;
    return soft * Math.max(0, 1 - above / FADED) ** 1.2;
  });
}

/** A product that keeps its pixels, in a scene that is painted around it: the wish in `generate`, and what its pictures tell. */

import { imageIdSchema } from './ids.ts';
import { IMAGE_MAX_SIDE } from './limits.ts';
import { z } from './zod.ts';

/** A smaller layout shows no product. */
const LAYOUT_MIN_SIDE = 16;

const side = z.int().min(LAYOUT_MIN_SIDE).max(IMAGE_MAX_SIDE);

/** A place in shares of the layout: a cut-out may stand out of it by its own size. */
const place = z.number().min(-4).max(4);
const extent = z.number().gt(0).max(4);
const opacity = z.number().min(0).max(1);

export const productSchema = z.strictObject({
  /** Its cut-out with transparency, uploaded before for painting. */
  image: imageIdSchema,
  /** Size of the pictures, in pixels. */
  layout: z.strictObject({ width: side, height: side }),
  /** Place of the whole cut-out, with its clear margins; nothing is resampled where that is its own size. */
  box: z.strictObject({ x: place, y: place, width: extent, height: extent }),
  /** Opacities of the layers, 0 for none. Without them: a shadow of 0.8, no reflection. */
  shadow: opacity.optional(),
  reflection: opacity.optional(),
  /** Side that the light comes from, in degrees: -90 left, 0 the viewer, 90 right, 180 behind. Without it: as the scene has it. */
  light: z.number().min(-180).max(180).optional(),
});

const LAYER_NAMES = ['scene', 'shadow', 'reflection', 'product'] as const;
export const layerNameSchema = z.enum(LAYER_NAMES);

/** A picture of the whole layout's size, over the layers before it. */
const layerSchema = z.object({
  name: layerNameSchema,
  blend: z.enum(['NORMAL', 'MULTIPLY']),
  opacity,
});

export const placedProductSchema = z.object({
  /** Pixels of the cut-out at alpha 255 that are others in the picture: none. */
  changedPixels: z.int().nonnegative(),
  /** As `light`: given, or found in the scene. */
  light: z.number(),
  /** From the bottom; their bytes are had over HTTP. */
  layers: z.array(layerSchema),
});

export type ProductSpec = Readonly<z.infer<typeof productSchema>>;
export type LayerName = z.infer<typeof layerNameSchema>;
export type PlacedProduct = Readonly<z.infer<typeof placedProductSchema>>;

/** The header of a binary frame, about its payload. Clients send `upload`; all others come from the companion. */

import type { MediaType } from '../image-kind.ts';
import { conceptNameSchema, labelSchema } from './concept.ts';
import { imageIdSchema, jobIdSchema } from './ids.ts';
import { IMAGE_MAX_PIXELS, IMAGE_MAX_SIDE } from './limits.ts';
import { z } from './zod.ts';

const mediaTypeSchema = z.enum(['image/png', 'image/jpeg', 'image/webp'] satisfies MediaType[]);

/** Figma places PNG, JPEG and GIF, so the companion sends no WebP. */
const placeableTypeSchema = z.enum(['image/png', 'image/jpeg']);

const side = z.int().min(1).max(IMAGE_MAX_SIDE);
const index = z.int().nonnegative();

/** A mask has a cell for each latent or fewer: a picture's pixels bound it generously. */
const cells = z.int().min(1).max(IMAGE_MAX_SIDE);

/** Work that an upload is for. */
export const uploadUseSchema = z.enum(['teach', 'paint']);
export type UploadUse = z.infer<typeof uploadUseSchema>;

/** An image to be taught from or painted on; the payload is the file. */
const upload = z.strictObject({
  kind: z.literal('upload'),
  image: imageIdSchema,
  mediaType: mediaTypeSchema,
  width: side,
  height: side,
  /** The layer's or file's name, for advice about it. */
  name: labelSchema,
  /** teach (default): kept as small as teaching can use it. paint: kept pixel for pixel. */
  use: uploadUseSchema.optional(),
});

/** A rough look at a picture in the making: small, to be shown enlarged. Dropped where a client reads too slowly. */
const preview = z.strictObject({
  kind: z.literal('preview'),
  job: jobIdSchema,
  picture: index,
  step: index,
  mediaType: placeableTypeSchema,
  width: side,
  height: side,
});

/** A finished picture. */
const picture = z.strictObject({
  kind: z.literal('picture'),
  job: jobIdSchema,
  picture: index,
  seed: index,
  mediaType: placeableTypeSchema,
  width: side,
  height: side,
});

/** A concept's mask in a finished picture: rows x columns bytes from the top, 0 where it did not act, 255 fully. */
const mask = z
  .strictObject({
    kind: z.literal('mask'),
    job: jobIdSchema,
    picture: index,
    concept: conceptNameSchema,
    rows: cells,
    columns: cells,
    confidence: z.number().min(0).max(1),
  })
  .refine(({ rows, columns }) => rows * columns <= IMAGE_MAX_PIXELS, 'too many cells');

/** A validation image: the concept after `step` steps of teaching, always from the same noise. */
const sample = z.strictObject({
  kind: z.literal('sample'),
  job: jobIdSchema,
  step: index,
  mediaType: placeableTypeSchema,
  width: side,
  height: side,
});

export const frameHeaderSchema = z.discriminatedUnion('kind', [upload, preview, picture, mask, sample]);

export type FrameHeader = Readonly<z.infer<typeof frameHeaderSchema>>;
export type FrameHeaderOf<Kind extends FrameHeader['kind']> = Extract<FrameHeader, { kind: Kind }>;

/** Kinds of image files, and how to tell them by their first bytes: what a sender says is never trusted. */

import { z } from './zod.ts';

/** Figma exports PNG and JPEG; WebP is what people drop into the studio. */
const MEDIA_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
export const mediaTypeSchema = z.enum(MEDIA_TYPES);
export type MediaType = z.infer<typeof mediaTypeSchema>;

/** Figma places PNG, JPEG and GIF, so the companion sends no WebP. */
export const placeableTypeSchema = z.enum(['image/png', 'image/jpeg']);

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];
const RIFF = [0x52, 0x49, 0x46, 0x46];
const WEBP = [0x57, 0x45, 0x42, 0x50];

/** Undefined for everything else. */
export function sniffMediaType(bytes: Uint8Array): MediaType | undefined {
  const has = (signature: readonly number[], offset = 0) =>
    signature.every((byte, index) => bytes[offset + index] === byte);
  if (has(PNG)) return 'image/png';
  if (has(JPEG)) return 'image/jpeg';
  // RIFF <length> WEBP
  if (has(RIFF) && has(WEBP, 8)) return 'image/webp';
  return undefined;
}

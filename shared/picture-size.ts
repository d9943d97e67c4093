/** Sizes of pictures as people write them: "1080x1920", or the name of a format. */

import type { ImageSize } from './geometry.ts';

/** Sizes in pixels that posts, stories, films and link previews are cut to by the places that show them. */
export const NAMED_SIZES = {
  square: { width: 1080, height: 1080 },
  portrait: { width: 1080, height: 1350 },
  story: { width: 1080, height: 1920 },
  landscape: { width: 1920, height: 1080 },
  banner: { width: 1200, height: 628 },
} as const satisfies Readonly<Record<string, ImageSize>>;

type SizeName = keyof typeof NAMED_SIZES;

const NAMES = Object.keys(NAMED_SIZES) as readonly SizeName[];

/** Words for an example of each way to write one. */
export const SIZE_EXAMPLES = `1080x1920, or ${NAMES.slice(0, -1).join(', ')} or ${NAMES.at(-1)}`;

const PIXELS = /^(\d{1,5})\s*[x×*]\s*(\d{1,5})(?:\s*px)?$/iu;

/** Undefined for what is no size. Its sides are any numbers of up to five digits. */
export function readSize(text: string): ImageSize | undefined {
  const plain = text.normalize('NFKC').trim().toLowerCase();
  const format = NAMES.find((name) => name === plain);
  if (format !== undefined) return NAMED_SIZES[format];
  const [, width, height] = PIXELS.exec(plain) ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}

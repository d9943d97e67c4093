/**
 * pictureSize: the size of a picture that Figma places, a PNG, JPEG or GIF, from its first bytes. `createImage` answers
 * at once, so that there is no time to decode.
 */

import type { ImageSize } from '../../../shared/geometry.ts';
import { imageKind, pngSize } from '../../../shared/image-kind.ts';

/** JPEG keeps its size in the first frame header (SOF0 to SOF15, without the four codes that mean other things). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function jpegSize(view: DataView): ImageSize | undefined {
  let at = 2;
  while (at + 9 < view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (isFrameHeader(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    // 0xff is padding before a marker; a segment's length counts its own two bytes.
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** "GIF8": Figma places GIFs, though Likeness neither reads nor makes them. */
export function isGif(bytes: Uint8Array): boolean {
  return [0x47, 0x49, 0x46, 0x38].every((byte, at) => bytes[at] === byte);
}

/** Undefined for anything that is not a PNG, JPEG or GIF with a readable size. */
export function pictureSize(bytes: Uint8Array): ImageSize | undefined {
  const kind = imageKind(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (kind === 'jpeg') return jpegSize(view);
  if (kind === 'png') return bytes.byteLength >= 24 ? pngSize(bytes) : undefined;
  if (isGif(bytes) && bytes.byteLength >= 10)
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  return undefined;
}

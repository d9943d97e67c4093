/**
 * imageKind: the kind of a picture file by its first bytes, for the panel, the studio and the companion. Names,
 * extensions and what a sender says are not believed, and what is no picture is refused by its name before any decoder
 * sees it.
 */

/** Figma exports PNG and JPEG; WebP is what people drop into the studio. */
export type ImageKind = 'png' | 'jpeg' | 'webp';

export type MediaType = `image/${ImageKind}`;

/** Latin-1, so that one character is one byte; a question mark stands for any. */
type Signature = string;

const PICTURES: readonly (readonly [kind: ImageKind, signature: Signature])[] = [
  ['png', '\x89PNG\r\n\x1a\n'],
  ['jpeg', '\xff\xd8\xff'],
  ['webp', 'RIFF????WEBP'],
];

/** Kinds people do hand in, refused by name: vectors and documents run code or have no pixels, the rest is rare. */
const OTHERS: readonly (readonly [name: string, signature: Signature])[] = [
  ['a GIF', 'GIF8'],
  ['a PDF', '%PDF'],
  ['a TIFF', 'II*\0'],
  ['a TIFF', 'MM\0*'],
  ['an AVIF', '????ftypavi'],
  ['a HEIC', '????ftyphe'],
  ['a HEIC', '????ftypmif1'],
  ['a HEIC', '????ftypmsf1'],
  ['a camera raw file', '????ftypcrx '],
  ['a video', '????ftyp'],
  ['a video', '\x1aE\xdf\xa3'],
  ['a PostScript file', '%!PS'],
  ['an icon', '\0\0\x01\0'],
  ['a camera raw file', 'FUJIFILMCCD-RAW'],
  ['a Photoshop file', '8BPS'],
  ['a BMP', 'BM'],
  ['a JPEG XL', '\xff\x0a'],
  ['a JPEG XL', '????JXL '],
  ['a JPEG 2000', '????jP  '],
  ['a JPEG 2000', '\xff\x4f\xff\x51'],
  ['a Figma file', 'fig-'],
  ['a ZIP archive', 'PK\x03\x04'],
];

/** Enough of the file for an SVG's declaration and comments. */
const TEXT_PROBE_BYTES = 1024;

/** Undefined for everything else. @param bytes of the file, the first 12 at least */
export function imageKind(bytes: Uint8Array): ImageKind | undefined {
  return PICTURES.find(([, signature]) => begins(bytes, signature))?.[0];
}

/** A name with article for what is no picture that we read: `a GIF`, `a text file`, `an unknown format`. */
export function describeKind(bytes: Uint8Array): string {
  const known = OTHERS.find(([, signature]) => begins(bytes, signature));
  if (known !== undefined) return known[0];
  const head = bytes.subarray(0, TEXT_PROBE_BYTES);
  const isText = head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
  if (!isText || head.length === 0) return 'an unknown format';
  return /<svg[\s>]/i.test(String.fromCharCode(...head)) ? 'an SVG' : 'a text file';
}

/** Image pixels, which stand at a fixed place in every PNG. @param bytes of a PNG, the first 24 at least */
export function pngSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function begins(bytes: Uint8Array, signature: Signature): boolean {
  if (bytes.length < signature.length) return false;
  return [...signature].every((letter, at) => letter === '?' || bytes[at] === letter.charCodeAt(0));
}

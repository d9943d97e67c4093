/** What a file is by its first bytes. Names and extensions are not believed. */

export type ImageKind = 'PNG' | 'JPEG' | 'WebP';

interface Signature {
  readonly kind: string;
  readonly offset: number;
  /** Latin-1, so that one character is one byte. */
  readonly magic: string;
}

const PICTURES: readonly (Signature & { readonly kind: ImageKind })[] = [
  { kind: 'PNG', offset: 0, magic: '\x89PNG\r\n\x1a\n' },
  { kind: 'JPEG', offset: 0, magic: '\xff\xd8\xff' },
  { kind: 'WebP', offset: 8, magic: 'WEBP' },
];

/** Kinds people do hand in, refused by name: vectors and documents run code or have no pixels, the rest is rare. */
const OTHERS: readonly Signature[] = [
  { kind: 'a GIF', offset: 0, magic: 'GIF8' },
  { kind: 'a PDF', offset: 0, magic: '%PDF' },
  { kind: 'a TIFF', offset: 0, magic: 'II*\0' },
  { kind: 'a TIFF', offset: 0, magic: 'MM\0*' },
  { kind: 'an AVIF', offset: 4, magic: 'ftypavi' },
  { kind: 'a HEIC', offset: 4, magic: 'ftyp' },
  { kind: 'a Photoshop file', offset: 0, magic: '8BPS' },
  { kind: 'a BMP', offset: 0, magic: 'BM' },
  { kind: 'a JPEG XL', offset: 0, magic: '\xff\x0a' },
  { kind: 'a JPEG XL', offset: 4, magic: 'JXL ' },
  { kind: 'a Figma file', offset: 0, magic: 'fig-' },
  { kind: 'a ZIP archive', offset: 0, magic: 'PK\x03\x04' },
];

/** Enough of the file for an SVG's declaration and comments. */
const TEXT_PROBE_BYTES = 1024;

export function pictureKind(bytes: Uint8Array): ImageKind | undefined {
  return PICTURES.find((signature) => matches(signature, bytes))?.kind;
}

/** A name with article for what is not a picture we read: `a GIF`, `a text file`, `an unknown format`. */
export function describeKind(bytes: Uint8Array): string {
  const known = OTHERS.find((signature) => matches(signature, bytes));
  if (known) return known.kind;
  const head = bytes.subarray(0, TEXT_PROBE_BYTES);
  const isText = head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
  if (!isText) return 'an unknown format';
  return /<svg[\s>]/i.test(latin1(head)) ? 'an SVG' : 'a text file';
}

function matches({ offset, magic }: Signature, bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(offset, offset + magic.length)) === magic;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/**
 * decodeText: the text of a file that other programs and people wrote. Editors put a byte order mark before it, and Windows' shells
 * write UTF-16.
 */

/** Encodings by the byte order mark before the text; without one it is UTF-8. */
const MARKS: readonly (readonly [mark: readonly number[], encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** The text of a file's bytes, without its byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  const marked = MARKS.find(([mark]) => mark.every((byte, index) => bytes[index] === byte));
  return new TextDecoder(marked?.[1] ?? 'utf-8').decode(bytes);
}

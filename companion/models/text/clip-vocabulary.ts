/**
 * CLIP's vocabulary, which follows from its merges (Radford et al. 2021): the bytes, the bytes at the end of a word, what
 * each merge makes, and the two special tokens.
 */

/** Marks the end of a word. */
const WORD_END = '</w>';

/** @param merges two pieces each, "i n" */
export function clipVocabulary(
  merges: readonly string[],
  special: readonly string[],
): Readonly<Record<string, number>> {
  const bytes = byteCharacters();
  const tokens = [
    ...bytes,
    ...bytes.map((character) => character + WORD_END),
    ...merges.map((merge) => merge.replace(' ', '')),
    ...special,
  ];
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/** Byte-level BPE writes each byte as a character that can be seen: itself where it is one, else one from 256 on. */
function byteCharacters(): string[] {
  const visible: string[] = [];
  let invisible = 0;
  const replaced: string[] = [];
  for (let byte = 0; byte < 256; byte++) {
    const isVisible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
    if (isVisible) visible.push(String.fromCharCode(byte));
    else replaced.push(String.fromCharCode(256 + invisible++));
  }
  return [...visible, ...replaced];
}

/**
 * Texts of others, on one line of a terminal: names of files, and what files from the internet say of themselves, may
 * hold line breaks, and sequences that colour, hide or overwrite what a terminal shows.
 */

/** Control characters, line and paragraph separators, and those that turn the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** As a program would write it: `a\nb`, `\x1b[31m`. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => NAMED[character] ?? escaped(character.codePointAt(0)!));
}

function escaped(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}

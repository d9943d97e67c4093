/**
 * Text and JSON of files that other programs and people wrote: a model's configs, vocabularies and indexes. Editors put a
 * byte order mark before them, Windows' shells write UTF-16, and Python writes numbers that JSON does not have.
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

/** Strings, and the numbers that Python's json module writes and reads beside JSON's. */
const PYTHON_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g;

/** JSON has no infinity, but a number too large for a double becomes one; what is no number is null. */
const IN_JSON: Readonly<Record<string, string>> = { Infinity: '1e999', '-Infinity': '-1e999', NaN: 'null' };

/** The value of a JSON text, or of one with Python's Infinity, -Infinity and NaN (null here). @throws SyntaxError */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!/Infinity|NaN/.test(text)) throw cause;
    return JSON.parse(text.replace(PYTHON_NUMBERS, (found) => IN_JSON[found] ?? found));
  }
}

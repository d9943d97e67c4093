/** JSON of files that other programs wrote: a model's configs, vocabularies and indexes. Python writes numbers that JSON does not have. */

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

/** Value of a JSON text from outside; undefined where it is none, so that a schema refuses it as it refuses any other value. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

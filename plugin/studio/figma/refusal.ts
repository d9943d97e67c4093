/** Figma names the call in its errors (`in createImage: Image is too large`); the studio does the same. */
export function refusal(call: string, reason: string): Error {
  return new Error(`in ${call}: ${reason}`);
}

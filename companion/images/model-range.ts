/** Pictures as the model sees them: [3, height, width], -1..1, channel planes one after another. */

import { type Picture, picture } from './picture.ts';

/** x = v / 127.5 - 1. An opaque picture only: what lies behind alpha is the caller's choice. */
export function toModelRange({ width, height, channels, data }: Picture): Float32Array {
  if (channels !== 3) throw new Error('internal: composite a cut-out over a background first');
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      values[channel * plane + pixel] = data[pixel * 3 + channel]! / 127.5 - 1;
    }
  }
  return values;
}

/** The inverse, rounded, clamped to 0..255. A value that is not a number is a failed computation, and throws. */
export function fromModelRange(values: Float32Array, width: number, height: number): Picture {
  const plane = width * height;
  if (values.length !== 3 * plane) {
    throw new Error(`internal: ${values.length} values do not fill [3, ${height}, ${width}]`);
  }
  const data = new Uint8Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0; pixel < plane; pixel++) {
      const value = values[channel * plane + pixel]!;
      if (Number.isNaN(value)) throw new Error(`internal: NaN in channel ${channel} of a picture`);
      data[pixel * 3 + channel] = Math.min(255, Math.max(0, Math.round((value + 1) * 127.5)));
    }
  }
  return picture(width, height, 3, data);
}

/**
 * withTonesOf: what the model drew, with the light and colour of the picture that it drew over. A tile of a model drifts in tone,
 * and two neighbours drift apart; the fine detail is the model's alone.
 */

import { boxMean } from '../box-mean.ts';
import { type Picture, picture } from '../picture.ts';

/** Radius of what counts as tone, of the picture's side. */
const TONE_SHARE = 1 / 16;

/** Both opaque, and of one size. */
export function withTonesOf(original: Picture, drawn: Picture): Picture {
  const { width, height } = drawn;
  const window = { width, height, radius: Math.max(1, Math.round(TONE_SHARE * Math.min(width, height))) };
  const data = new Uint8Array(drawn.data.length);
  for (let channel = 0; channel < 3; channel++) {
    const away = Float32Array.from(
      { length: width * height },
      (_, pixel) => original.data[3 * pixel + channel]! - drawn.data[3 * pixel + channel]!,
    );
    const drift = boxMean(away, window);
    for (let pixel = 0; pixel < drift.length; pixel++) {
      const toned = drawn.data[3 * pixel + channel]! + drift[pixel]!;
      data[3 * pixel + channel] = Math.min(255, Math.max(0, Math.round(toned)));
    }
  }
  return picture(width, height, 3, data);
}

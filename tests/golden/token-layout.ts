/** Golden images against our tokens. */

/** [B, pixels, C] -> [B, C, pixels] */
export function channelsFirst(tokens: Float32Array, pixels: number, channels: number): Float32Array {
  const image = new Float32Array(tokens.length);
  const size = pixels * channels;
  for (let start = 0; start < tokens.length; start += size) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        image[start + channel * pixels + pixel] = tokens[start + pixel * channels + channel]!;
      }
    }
  }
  return image;
}

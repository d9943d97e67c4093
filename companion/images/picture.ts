/** Picture: decoded, in memory, with the few pixel operations that need no library. */

/** sRGB, 8 bit, rows from the top, channels interleaved. With 4 channels alpha is straight, not premultiplied. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  /** width x height x channels bytes. */
  readonly data: Uint8Array;
}

/** An axis-aligned part of a picture, in its pixels; it may reach outside the picture. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export type Rgb = readonly [red: number, green: number, blue: number];

/** Checks that the bytes fill the size: every other file here trusts a Picture. */
export function picture(width: number, height: number, channels: 3 | 4, data: Uint8Array): Picture {
  if (data.length !== width * height * channels) {
    throw new Error(`internal: ${data.length} bytes do not fill ${width} x ${height} x ${channels}`);
  }
  return { width, height, channels, data };
}

/** The alpha channel, [height, width], 255 everywhere where there is none. */
export function alphaOf({ width, height, channels, data }: Picture): Uint8Array {
  const alpha = new Uint8Array(width * height).fill(255);
  if (channels === 4) {
    for (let pixel = 0; pixel < alpha.length; pixel++) alpha[pixel] = data[pixel * 4 + 3]!;
  }
  return alpha;
}

/** Cuts a whole-pixel region out. Outside the picture it is transparent: only a picture with alpha may reach there. */
export function cropPicture(source: Picture, region: Region): Picture {
  const { width, height, channels, data } = source;
  const right = region.left + region.width;
  const bottom = region.top + region.height;
  const inside = region.left >= 0 && region.top >= 0 && right <= width && bottom <= height;
  if (!inside && channels === 3) {
    throw new Error(`internal: crop ${JSON.stringify(region)} leaves an opaque ${width} x ${height} picture`);
  }
  const cut = new Uint8Array(region.width * region.height * channels);
  const from = Math.max(0, region.left);
  const to = Math.min(width, right);
  for (let y = Math.max(0, region.top); y < Math.min(height, bottom) && from < to; y++) {
    const row = data.subarray((y * width + from) * channels, (y * width + to) * channels);
    cut.set(row, ((y - region.top) * region.width + from - region.left) * channels);
  }
  return picture(region.width, region.height, channels, cut);
}

export function mirrorPicture({ width, height, channels, data }: Picture): Picture {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = (y * width + x) * channels;
      mirrored.set(data.subarray(source, source + channels), (y * width + width - 1 - x) * channels);
    }
  }
  return picture(width, height, channels, mirrored);
}

/**
 * The picture upright. EXIF says where its first row and column are: 1 top left, 2 top right, 3 bottom right, 4 bottom left,
 * 5 left top, 6 right top, 7 right bottom, 8 left bottom.
 */
export function orientPicture(source: Picture, orientation: number): Picture {
  if (orientation === 1) return source;
  const { width, height, channels, data } = source;
  const isTurned = orientation >= 5;
  const [columns, rows] = isTurned ? [height, width] : [width, height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const upright = new Uint8Array(data.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [across, down] = isTurned ? [y, x] : [x, y];
      const column = fromRight ? width - 1 - across : across;
      const row = fromBottom ? height - 1 - down : down;
      const [from, to] = [(row * width + column) * channels, (y * columns + x) * channels];
      for (let channel = 0; channel < channels; channel++) upright[to + channel] = data[from + channel]!;
    }
  }
  return picture(columns, rows, channels, upright);
}

/** A picture of one colour. */
export function plainPicture(width: number, height: number, colour: Rgb): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let offset = 0; offset < data.length; offset += 3) data.set(colour, offset);
  return picture(width, height, 3, data);
}

/**
 * Lays a picture over an opaque one of the same size: c = a * over + (1 - a) * under.
 * Straight alpha, in sRGB values, as design tools blend.
 */
export function compositeOver(over: Picture, under: Picture): Picture {
  if (over.width !== under.width || over.height !== under.height || under.channels !== 3) {
    throw new Error(
      `internal: ${over.width} x ${over.height} does not fit over ${under.width} x ${under.height} x ${under.channels}`,
    );
  }
  if (over.channels === 3) return over;
  const data = new Uint8Array(under.data.length);
  for (let pixel = 0; pixel < over.width * over.height; pixel++) {
    const alpha = over.data[pixel * 4 + 3]! / 255;
    for (let channel = 0; channel < 3; channel++) {
      const above = over.data[pixel * 4 + channel]!;
      const below = under.data[pixel * 3 + channel]!;
      data[pixel * 3 + channel] = Math.round(below + alpha * (above - below));
    }
  }
  return picture(over.width, over.height, 3, data);
}

/** The picture on white, as on a page: three channels, its transparency gone. */
export function flatten(source: Picture): Picture {
  if (source.channels === 3) return source;
  return compositeOver(source, plainPicture(source.width, source.height, [255, 255, 255]));
}

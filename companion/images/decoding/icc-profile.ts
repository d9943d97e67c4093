/**
 * profileModel: an ICC profile checked before it is believed, since libvips passes over one that it cannot use without a
 * word. neutralCurve and profileSpace read curves and colorants, for the pictures whose profiles libvips applies not at
 * all, or coarsely.
 */

import { type Matrix, matrixOfColorants, type RgbSpace, type TransferCurve } from './colour-space.ts';

const HEADER_BYTES = 128;
const TAG_BYTES = 12;
/** Profiles have some 10 to 30. */
const MAX_TAGS = 256;

const SPACES: Readonly<Record<string, 'grey' | 'rgb' | 'cmyk'>> = {
  GRAY: 'grey',
  'RGB ': 'rgb',
  CMYK: 'cmyk',
};

/** Tags of which a profile of the space must have all, unless it has a table (A2B0). */
const MATRIX_TAGS = {
  grey: ['kTRC'],
  rgb: ['rXYZ', 'gXYZ', 'bXYZ', 'rTRC', 'gTRC', 'bTRC'],
  cmyk: ['A2B0'],
} as const;

/** Colours that a profile is for. Undefined for one that is damaged, or for other colours. */
export function profileModel(profile: Uint8Array): 'grey' | 'rgb' | 'cmyk' | undefined {
  const file = fileOf(profile);
  if (file.length < HEADER_BYTES + 4 || file.toString('latin1', 36, 40) !== 'acsp') return undefined;
  const model = SPACES[file.toString('latin1', 16, 20)];
  if (model === undefined || file.readUInt32BE(0) > file.length) return undefined;
  const tags = tagsOf(file);
  const isWhole = tags.has('A2B0') || MATRIX_TAGS[model].every((tag) => tags.has(tag));
  return isWhole ? model : undefined;
}

/**
 * Light of a grey sample, both 0..1: kTRC, or of an RGB profile a colour's curve, since greys have the same in all three.
 * Undefined where a table takes the place of curves.
 */
export function neutralCurve(profile: Uint8Array): TransferCurve | undefined {
  const tags = tagsOf(fileOf(profile));
  const tag = tags.get('kTRC') ?? tags.get('gTRC');
  return tag && unlessCut(() => curveOf(tag));
}

/** An RGB profile of curves and colorants; undefined for one of tables, which say more. */
export function profileSpace(profile: Uint8Array): RgbSpace | undefined {
  const tags = tagsOf(fileOf(profile));
  if (tags.has('A2B0')) return undefined;
  return unlessCut(() => {
    const [red, green, blue] = ['rTRC', 'gTRC', 'bTRC'].map((name) => curveOf(tags.get(name)!));
    if (!red || !green || !blue) return undefined;
    const [r, g, b] = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => tags.get(name)!);
    const rows = [0, 1, 2].flatMap((row) => [r, g, b].map((tag) => tag!.readInt32BE(8 + 4 * row) / 65_536));
    return { toLight: [red, green, blue], toSrgbLight: matrixOfColorants(rows as unknown as Matrix) };
  });
}

/** Undefined where a tag is shorter than what it says to have. */
function unlessCut<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function fileOf(profile: Uint8Array): Buffer {
  return Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength);
}

function tagsOf(file: Buffer): ReadonlyMap<string, Buffer> {
  const count = Math.min(MAX_TAGS, file.readUInt32BE(HEADER_BYTES));
  const tags = new Map<string, Buffer>();
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + 4 + TAG_BYTES * index;
    if (at + TAG_BYTES > file.length) break;
    const start = file.readUInt32BE(at + 4);
    const end = start + file.readUInt32BE(at + 8);
    if (end <= file.length) tags.set(file.toString('latin1', at, at + 4), file.subarray(start, end));
  }
  return tags;
}

/** Types `curv` and `para` of ICC.1:2022, 10.6 and 10.18. */
function curveOf(tag: Buffer): TransferCurve | undefined {
  const type = tag.toString('latin1', 0, 4);
  if (type === 'curv') return sampledCurve(tag);
  if (type !== 'para') return undefined;
  const parameters = [0, 1, 2, 3, 4, 5, 6].map((index) => {
    const at = 12 + 4 * index;
    return at + 4 <= tag.length ? tag.readInt32BE(at) / 65_536 : 0;
  });
  const [g, a, b, c, d, e, f] = parameters as [number, number, number, number, number, number, number];
  const power = (x: number) => Math.max(0, x) ** g;
  switch (tag.readUInt16BE(8)) {
    case 0:
      return power;
    case 1:
      return (x) => (x >= -b / a ? power(a * x + b) : 0);
    case 2:
      return (x) => (x >= -b / a ? power(a * x + b) + c : c);
    case 3:
      return (x) => (x >= d ? power(a * x + b) : c * x);
    case 4:
      return (x) => (x >= d ? power(a * x + b) + e : c * x + f);
    default:
      return undefined;
  }
}

function sampledCurve(tag: Buffer): TransferCurve {
  const count = tag.readUInt32BE(8);
  if (count === 0) return (x) => x;
  if (count === 1) {
    const gamma = tag.readUInt16BE(12) / 256;
    return (x) => x ** gamma;
  }
  // The end is looked at once; a sample is then always there.
  tag.readUInt16BE(12 + 2 * (count - 1));
  const sample = (index: number) => tag.readUInt16BE(12 + 2 * Math.min(count - 1, index)) / 65_535;
  return (x) => {
    const place = x * (count - 1);
    const below = Math.floor(place);
    return sample(below) + (place - below) * (sample(below + 1) - sample(below));
  };
}

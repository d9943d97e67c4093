/**
 * RgbSpace: primaries, white and tone curve of RGB samples, and their conversion to sRGB: for pictures whose colours are told
 * otherwise than by an ICC profile.
 */

import type { Chromaticities, Chromaticity, CodePoints } from './picture-header.ts';

/** Light of a sample, both 0..1; of HDR it may be above 1, which becomes white. */
export type TransferCurve = (sample: number) => number;

export interface RgbSpace {
  /** Light of its primaries to light of sRGB's. Undefined where they are the same. */
  readonly toSrgbLight?: Matrix | undefined;
  /** One curve for all three colours, or one for each. */
  readonly toLight: TransferCurve | readonly [red: TransferCurve, green: TransferCurve, blue: TransferCurve];
  /** Samples of video: black is 16 and white 235, of 255. */
  readonly isNarrow?: boolean;
}

/** Row by row. */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number];

const D65: Chromaticity = [0.3127, 0.329];
const SRGB: Chromaticities = { white: D65, red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06] };
const ADOBE_RGB: Chromaticities = { ...SRGB, green: [0.21, 0.71] };
const WHITE_C: Chromaticity = [0.31, 0.316];
const DCI_WHITE: Chromaticity = [0.314, 0.351];
const P3: Chromaticities = { white: D65, red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] };
const NTSC: Chromaticities = { white: D65, red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07] };

/** ColourPrimaries of H.273, table 2. */
const PRIMARIES: Readonly<Record<number, Chromaticities>> = {
  1: SRGB,
  4: { white: WHITE_C, red: [0.67, 0.33], green: [0.21, 0.71], blue: [0.14, 0.08] },
  5: { white: D65, red: [0.64, 0.33], green: [0.29, 0.6], blue: [0.15, 0.06] },
  6: NTSC,
  7: NTSC,
  8: { white: WHITE_C, red: [0.681, 0.319], green: [0.243, 0.692], blue: [0.145, 0.049] },
  9: { white: D65, red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046] },
  11: { ...P3, white: DCI_WHITE },
  12: P3,
  22: { white: D65, red: [0.63, 0.34], green: [0.295, 0.605], blue: [0.155, 0.077] },
};

/** IEC 61966-2-1. */
export const srgbCurve: TransferCurve = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

const bt709Curve: TransferCurve = (v) => (v < 0.081 ? v / 4.5 : ((v + 0.099) / 1.099) ** (1 / 0.45));

/** Light of the white of a page in HDR: 203 of 10,000 candela (BT.2408), which is sRGB's white here. */
const HDR_WHITE = 203 / 10_000;

/** SMPTE ST 2084. */
const pqCurve: TransferCurve = (v) => {
  const power = v ** (1 / 78.84375);
  const light = Math.max(0, power - 0.8359375) / (18.8515625 - 18.6875 * power);
  return light ** (1 / 0.1593017578125) / HDR_WHITE;
};

/** BT.2100, for a screen of 1000 candela, whose system gamma is 1.2. */
const hlgCurve: TransferCurve = (v) => {
  const scene = v <= 0.5 ? v ** 2 / 3 : (Math.exp((v - 0.55991073) / 0.17883277) + 0.28466892) / 12;
  return (scene ** 1.2 * 0.1) / HDR_WHITE;
};

/** TransferCharacteristics of H.273, table 3: those of pictures. */
const TRANSFERS: Readonly<Record<number, TransferCurve>> = {
  1: bt709Curve,
  4: (v) => v ** 2.2,
  5: (v) => v ** 2.8,
  6: bt709Curve,
  8: (v) => v,
  13: srgbCurve,
  14: bt709Curve,
  15: bt709Curve,
  16: pqCurve,
  17: (v) => (52.37 / 48) * v ** 2.6,
  18: hlgCurve,
};

/** Adobe RGB (1998), 4.3.1: the exponent is exactly 2 51/256. */
export const adobeRgb = () => rgbSpace(ADOBE_RGB, (v) => v ** (563 / 256));

export function rgbSpace(primaries: Chromaticities | undefined, toLight: TransferCurve): RgbSpace {
  return primaries && !isNear(primaries, SRGB)
    ? { toSrgbLight: matrixToSrgb(primaries), toLight }
    : { toLight };
}

function isNear(a: Chromaticities, b: Chromaticities): boolean {
  const numbers = ({ white, red, green, blue }: Chromaticities) => [white, red, green, blue].flat();
  const own = numbers(b);
  return numbers(a).every((value, index) => Math.abs(value - own[index]!) < 0.001);
}

/** Undefined for numbers that no picture has. */
export function spaceOfCodePoints({ primaries, transfer, isFullRange }: CodePoints): RgbSpace | undefined {
  const [corners, toLight] = [PRIMARIES[primaries], TRANSFERS[transfer]];
  return corners && toLight && { ...rgbSpace(corners, toLight), isNarrow: !isFullRange };
}

export const isHdr = ({ transfer }: CodePoints) => transfer === 16 || transfer === 18;

/** True where converting would change nothing. */
export function isSrgb({ toSrgbLight, toLight, isNarrow = false }: RgbSpace): boolean {
  return toSrgbLight === undefined && toLight === srgbCurve && !isNarrow;
}

/** Numbers that name no colours, such as a point for all three primaries, have no matrix. */
export function isUsable({ white, red, green, blue }: Chromaticities): boolean {
  const points = [white, red, green, blue];
  return (
    points.every(([x, y]) => x >= 0 && y > 0.001 && x + y <= 1) && Math.abs(area(red, green, blue)) > 1e-4
  );
}

function area(a: Chromaticity, b: Chromaticity, c: Chromaticity): number {
  return ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2;
}

/** Light of the space's primaries to light of sRGB's; white stays white (Bradford). */
function matrixToSrgb(primaries: Chromaticities): Matrix {
  const adapted = product(product(inverse(BRADFORD), scaling(primaries.white)), BRADFORD);
  return product(inverse(toXyz(SRGB)), product(adapted, toXyz(primaries)));
}

/** As matrixToSrgb, for the colorants of an ICC profile: XYZ of its primaries, adapted to D50, in columns. */
export function matrixOfColorants(colorants: Matrix): Matrix {
  return product(inverse(SRGB_COLORANTS), colorants);
}

/** The profile "sRGB IEC61966-2-1" has them. */
const SRGB_COLORANTS: Matrix = [
  0.43607, 0.38515, 0.14307, 0.22249, 0.71687, 0.06061, 0.01392, 0.09708, 0.7141,
];

const BRADFORD: Matrix = [0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296];

const xyzOf = ([x, y]: Chromaticity) => [x / y, 1, (1 - x - y) / y] as const;

function scaling(white: Chromaticity): Matrix {
  const [from, to] = [white, D65].map((point) => transform(BRADFORD, xyzOf(point)));
  return [to![0] / from![0], 0, 0, 0, to![1] / from![1], 0, 0, 0, to![2] / from![2]];
}

function toXyz({ white, red, green, blue }: Chromaticities): Matrix {
  const [r, g, b] = [xyzOf(red), xyzOf(green), xyzOf(blue)];
  const corners: Matrix = [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]];
  const [sr, sg, sb] = transform(inverse(corners), xyzOf(white));
  return product(corners, [sr, 0, 0, 0, sg, 0, 0, 0, sb]);
}

type Triple = readonly [number, number, number];

function transform(m: Matrix, [x, y, z]: Triple): Triple {
  return [m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z];
}

function product(a: Matrix, b: Matrix): Matrix {
  const columns = [0, 1, 2].map((column) => transform(a, [b[column]!, b[3 + column]!, b[6 + column]!]));
  const [c0, c1, c2] = columns as [Triple, Triple, Triple];
  return [c0[0], c1[0], c2[0], c0[1], c1[1], c2[1], c0[2], c1[2], c2[2]];
}

function inverse([a, b, c, d, e, f, g, h, i]: Matrix): Matrix {
  const [A, B, C] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * A + b * B + c * C;
  const parts = [
    A,
    c * h - b * i,
    b * f - c * e,
    B,
    a * i - c * g,
    c * d - a * f,
    C,
    b * g - a * h,
    a * e - b * d,
  ];
  return parts.map((part) => part / determinant) as unknown as Matrix;
}

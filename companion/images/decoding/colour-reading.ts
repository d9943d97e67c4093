/**
 * chooseColours: of all that a file says of its colours, what holds, in the order of its format's standard; and a note where
 * what it says cannot be told right.
 */

import type { ColourNote } from '../../../shared/frame-advice.ts';
import {
  adobeRgb,
  isHdr,
  isSrgb,
  isUsable,
  type RgbSpace,
  rgbSpace,
  spaceOfCodePoints,
  srgbCurve,
} from './colour-space.ts';
import { neutralCurve, profileModel, profileSpace } from './icc-profile.ts';
import type { ColourClaims, ExifClaims, PictureHeader } from './picture-header.ts';

/** The samples of a file as colours. */
export interface ColourReading {
  /** `srgb`: they are sRGB's. `profile`: by the file's ICC profile. An RgbSpace: by its numbers. */
  readonly as: 'srgb' | 'profile' | RgbSpace;
  readonly note?: ColourNote;
}

const SRGB: ColourReading = { as: 'srgb' };

/** EXIF's number for a space that is none of its own. */
const UNCALIBRATED = 65_535;
const ADOBE_RGB_BY_NUMBER = 2;
const SRGB_BY_NUMBER = 1;

/** PNG's stand-in for sRGB (PNG, 13.13), written beside pictures in sRGB by programs that know no other chunk. */
const isStandIn = (gamma: number) => Math.abs(gamma - 0.45455) < 0.0001;

/** In a PNG cICP holds before iCCP, then sRGB, then gAMA with cHRM; EXIF is asked last. */
export function chooseColours({ claims, model, depth }: PictureHeader): ColourReading {
  const { codePoints, profile, exif } = claims;
  if (codePoints) {
    const space = spaceOfCodePoints(codePoints);
    if (space) return isHdr(codePoints) ? { as: space, note: 'hdr' } : readingOf(space);
  }
  if (profile) return readProfile(profile, model, depth);
  const unread = codePoints ? ({ as: 'srgb', note: 'unknown' } as const) : SRGB;
  if (model === 'cmyk') return { as: 'srgb', note: 'cmyk' };
  if (claims.isSrgb) return SRGB;
  if (claims.gamma !== undefined || claims.chromaticities) return readNumbers(claims);
  return exif && !codePoints ? readExifSpace(exif) : unread;
}

function readProfile(
  profile: Uint8Array | 'damaged',
  model: PictureHeader['model'],
  depth: number,
): ColourReading {
  const of = profile === 'damaged' ? undefined : profileModel(profile);
  if (profile === 'damaged' || of === undefined) return { as: 'srgb', note: 'profile' };
  // libvips passes over profiles of grey pictures with 16 bit, and over an RGB profile of a grey picture; of 16 bit in
  // RGB it goes by a coarse table, which is off by 12 of 255 where light is little.
  if (model === 'grey' && (depth === 16 || of === 'rgb')) {
    const toLight = neutralCurve(profile);
    return toLight ? { as: { toLight } } : { as: 'srgb', note: 'profile' };
  }
  const space = model === 'rgb' && depth === 16 ? profileSpace(profile) : undefined;
  if (space) return { as: space };
  return of === model ? { as: 'profile' } : { as: 'srgb', note: 'profile' };
}

/** One of gAMA and cHRM without the other stands beside what sRGB has. */
function readNumbers({ gamma, chromaticities }: ColourClaims): ColourReading {
  if (chromaticities && !isUsable(chromaticities)) return { as: 'srgb', note: 'unknown' };
  const isLikeSrgb = gamma === undefined || isStandIn(gamma);
  const toLight = isLikeSrgb ? srgbCurve : (sample: number) => sample ** (1 / gamma);
  return readingOf(rgbSpace(chromaticities, toLight));
}

/** As cameras tell it: by DCF's R03, by a number of their own, or by the numbers of the space itself. */
function readExifSpace({ colorSpace, interoperability, gamma, chromaticities }: ExifClaims): ColourReading {
  if (colorSpace === SRGB_BY_NUMBER) return SRGB;
  if (interoperability === 'R03' || colorSpace === ADOBE_RGB_BY_NUMBER) return { as: adobeRgb() };
  if (chromaticities && isUsable(chromaticities)) {
    const toLight = gamma === undefined ? srgbCurve : (sample: number) => sample ** gamma;
    return readingOf(rgbSpace(chromaticities, toLight));
  }
  return colorSpace === UNCALIBRATED ? { as: 'srgb', note: 'unknown' } : SRGB;
}

function readingOf(space: RgbSpace): ColourReading {
  return isSrgb(space) ? SRGB : { as: space };
}

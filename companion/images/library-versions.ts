/** Of the library that reads and writes pictures, for those who ask for help. */

import sharp from 'sharp';

export function libraryVersions(): { readonly sharp: string; readonly libvips: string } {
  return { sharp: sharp.versions.sharp ?? 'not known', libvips: sharp.versions.vips };
}

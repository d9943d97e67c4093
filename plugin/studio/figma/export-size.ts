/** exportSize: the size of an exported picture, which Figma takes from what is rendered and not from width and height. */

import type { ExportRequest } from './sandbox-link.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @param seen canvas pixels @returns image pixels, whole, at least 1 a side */
export function exportSize({ width, height }: Size, { type, value }: ExportRequest['constraint']): Size {
  const scale = type === 'SCALE' ? value : value / (type === 'WIDTH' ? width : height);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

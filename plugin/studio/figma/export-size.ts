/** exportSize: the size of an exported picture, which Figma takes from what is rendered and not from width and height. */

import type { CanvasSize, ImageSize } from '../../../shared/geometry.ts';
import type { ExportRequest } from './sandbox-link.ts';

/** @param seen canvas pixels @returns image pixels, whole, at least 1 a side */
export function exportSize(
  { width, height }: CanvasSize,
  { type, value }: ExportRequest['constraint'],
): ImageSize {
  const scale = type === 'SCALE' ? value : value / (type === 'WIDTH' ? width : height);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

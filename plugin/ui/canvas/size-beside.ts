import type { CanvasSize, ImageSize } from '../../../shared/geometry.ts';

/**
 * How large a picture stands on the canvas: as high as the tallest frame that it is placed beside, so that small
 * models' pictures are not specks in the row; pixel for pixel where nothing is selected.
 */
export function sizeBeside(frames: readonly CanvasSize[], picture: ImageSize): CanvasSize {
  const height = Math.max(0, ...frames.map((frame) => frame.height)) || picture.height;
  return { width: Math.round((picture.width / picture.height) * height), height };
}

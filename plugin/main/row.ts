import type { Bounds } from './figma-surface.ts';

/**
 * Where a row of pictures starts: right of the anchor and level with its top, moved right past whatever is in the
 * way, so that nothing on the canvas is ever covered. Canvas pixels.
 */
export function besideAnchor(
  anchor: Bounds,
  size: { readonly width: number; readonly height: number },
  { count, gap }: { readonly count: number; readonly gap: number },
  taken: readonly Bounds[],
): { readonly x: number; readonly y: number } {
  const width = count * size.width + (count - 1) * gap;
  const y = anchor.y;
  let x = anchor.x + anchor.width + (anchor.width > 0 ? gap : 0);
  // From left to right, each obstacle is passed at most once.
  for (const box of [...taken].sort((a, b) => a.x - b.x)) {
    const overlaps =
      box.x < x + width + gap &&
      box.x + box.width + gap > x &&
      box.y < y + size.height &&
      box.y + box.height > y;
    if (overlaps) x = box.x + box.width + gap;
  }
  return { x, y };
}

/** Whether all of a row can be seen. */
export function isInSight(sight: Bounds, row: readonly Bounds[]): boolean {
  return row.every(
    ({ x, y, width, height }) =>
      x >= sight.x &&
      y >= sight.y &&
      x + width <= sight.x + sight.width &&
      y + height <= sight.y + sight.height,
  );
}

import { describe, expect, it } from 'vitest';
import { isInSight } from '../../../plugin/main/row.ts';
import { sizeBeside } from '../../../plugin/ui/canvas/selection.ts';

const sight = { x: 0, y: 0, width: 1000, height: 600 };
const box = (x: number, width: number) => ({ x, y: 100, width, height: 100 });

describe('a row', () => {
  it('is in sight when all of it is', () => {
    expect(isInSight(sight, [box(0, 500), box(500, 500)])).toBe(true);
    expect(isInSight(sight, [box(0, 500), box(501, 500)])).toBe(false);
  });
});

describe('a picture beside frames', () => {
  it('stands as high as the tallest, in its own proportions', () => {
    const frames = [
      { width: 300, height: 256 },
      { width: 100, height: 400 },
    ];
    expect(sizeBeside(frames, { width: 96, height: 64 })).toEqual({ width: 600, height: 400 });
  });

  it('is large enough to look at where nothing is selected, and pixel for pixel where it is large itself', () => {
    expect(sizeBeside([], { width: 96, height: 64 })).toEqual({ width: 480, height: 320 });
    expect(sizeBeside([], { width: 1024, height: 768 })).toEqual({ width: 1024, height: 768 });
  });
});

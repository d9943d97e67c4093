import { type NodeRecord, PAGE_ID } from '../document/node-record.ts';
import type { Scene } from '../document/scene.ts';
import type { Box } from '../document/transform.ts';
import type { Point } from './camera.ts';

function contains(box: Box, { x, y }: Point): boolean {
  return x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;
}

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function reachable(scene: Scene): readonly NodeRecord[] {
  return scene.children(PAGE_ID).filter(({ visible, locked }) => visible && !locked);
}

/** The frontmost frame under a canvas point. */
export function nodeAt(scene: Scene, point: Point): NodeRecord | undefined {
  return reachable(scene).findLast((node) => contains(scene.bounds(node), point));
}

/** All that a marquee touches, as in Figma. */
export function nodesIn(scene: Scene, box: Box): readonly NodeRecord[] {
  return reachable(scene).filter((node) => overlaps(scene.bounds(node), box));
}

/** The box between two corners. */
export function boxBetween(a: Point, b: Point): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

/** layoutAround: the frame or picture that a layer lies in, by nesting or, for layers that lie loose on a board, by what they lie over. */

import type { CanvasSize } from '../../shared/geometry.ts';
import type { Bounds, CanvasNode, CanvasParent } from './figma-surface.ts';
import { hasGround } from './filled-pictures.ts';
import { seenBounds } from './frame-export.ts';
import { isBoard, pageOf } from './node-tree.ts';
import { around, boxesOf } from './row.ts';

/** Share of a layout that a layer may cover: of one that is covered whole nothing is left to show. */
const COVERED = 0.98;

/** The layout that a layer is seen in; undefined where there is nothing around it. */
export function layoutAround(node: CanvasNode): CanvasNode | undefined {
  const layout = containerOf([node]);
  return layout !== undefined && isAround(layout, node) ? layout : undefined;
}

/**
 * The layout that a scene around a layer is seen in: the innermost frame that paints a ground, which would hide a scene
 * that lies under the frame; where none does, the layout.
 */
export function sceneLayout(node: CanvasNode): CanvasNode | undefined {
  const layout = containerOf([node]);
  for (let { parent } = node; parent !== null && !isBoard(parent); { parent } = parent) {
    const frame = parent as CanvasNode;
    if (frame.id === layout?.id) break;
    if (parent.type !== 'BOOLEAN_OPERATION' && hasGround(frame) && isAround(frame, node)) return frame;
  }
  return layout !== undefined && isAround(layout, node) ? layout : undefined;
}

function isAround(layout: CanvasNode, node: CanvasNode): boolean {
  const bounds = seenBounds(layout) ?? layout;
  const box = boxOf(node);
  const share = box === undefined ? 0 : sharedSize(box, bounds) / areaSize(bounds);
  return share > 0 && share < COVERED;
}

/** Kinds that lie on a board and are no layout. */
const NO_LAYOUT: readonly string[] = ['SECTION', 'SLICE', 'TEXT', 'LINE', 'CONNECTOR'];

/** The outermost frame that all of them are in, or the smallest layer that they lie over on their board. */
export function containerOf(nodes: readonly CanvasNode[]): CanvasNode | undefined {
  const tops = new Set(nodes.map((node) => topLevel(node)));
  const [top] = tops;
  if (tops.size === 1 && !nodes.some((node) => node.id === top!.id)) return top as CanvasNode;
  const union = around(boxesOf(nodes));
  if (union === undefined) return undefined;
  const { parent } = nodes[0]!;
  // Variants of a component lie over nothing but their set.
  if (parent?.type === 'COMPONENT_SET') return undefined;
  const board = parent?.type === 'SECTION' ? (parent as Board) : pageOf(nodes[0]!);
  return board?.children
    .filter((one) => {
      const box = one.visible && !NO_LAYOUT.includes(one.type) ? boxOf(one) : undefined;
      return box !== undefined && !nodes.some(({ id }) => id === one.id) && liesIn(union, box);
    })
    .sort((a, b) => areaSize(boxOf(a)!) - areaSize(boxOf(b)!))[0];
}

interface Board extends CanvasParent {
  readonly children: readonly CanvasNode[];
}

/** The ancestor that lies on a board; the layer itself where that does. */
function topLevel(node: CanvasParent): CanvasParent {
  const { parent } = node;
  return parent === null || isBoard(parent) ? node : topLevel(parent);
}

/** Canvas pixels that one layer may stand out of another and count as inside: layers snap to halves. */
const STANDS_OUT = 1;

export function liesIn(inner: Bounds, outer: Bounds): boolean {
  return (
    inner.x >= outer.x - STANDS_OUT &&
    inner.y >= outer.y - STANDS_OUT &&
    inner.x + inner.width <= outer.x + outer.width + STANDS_OUT &&
    inner.y + inner.height <= outer.y + outer.height + STANDS_OUT
  );
}

/** Undefined for a layer of less than a pixel. */
export function boxOf(node: CanvasNode): Bounds | undefined {
  const { absoluteBoundingBox: box } = node;
  return box !== null && box.width >= 1 && box.height >= 1 ? box : undefined;
}

/** Canvas pixels that both boxes cover. */
function sharedSize(a: Bounds, b: Bounds): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

function areaSize({ width, height }: CanvasSize): number {
  return width * height;
}

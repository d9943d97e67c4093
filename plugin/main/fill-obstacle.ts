/** fillObstacle: what keeps a layer from being filled with a picture, or from showing one. */

import type { FillNote, FillObstacle } from '../layout-messages.ts';
import type { CanvasNode, CanvasParent, Rectangle } from './figma-surface.ts';
import { isHidden } from './node-tree.ts';

/** Kinds of layers that take a picture as a fill and show all of it, whatever lies in them. */
const FILLABLE: readonly string[] = [
  ...['FRAME', 'COMPONENT', 'INSTANCE'],
  ...['RECTANGLE', 'ELLIPSE', 'POLYGON', 'STAR', 'VECTOR', 'BOOLEAN_OPERATION'],
];

/** Kinds that people select and that take none. */
const OBSTACLES: Readonly<Record<string, FillObstacle>> = {
  TEXT: 'text',
  TEXT_PATH: 'text',
  LINE: 'line',
  GROUP: 'group',
  TRANSFORM_GROUP: 'group',
  SECTION: 'section',
  COMPONENT_SET: 'set',
};

/** Undefined where pictures can fill it; nobody keeps a person from filling what is locked or hidden. */
export function fillObstacle(node: CanvasNode): FillObstacle | undefined {
  const own = FILLABLE.includes(node.type) ? undefined : (OBSTACLES[node.type] ?? 'other');
  if (own !== undefined) return own;
  // A path of one stroke has no area either.
  if (node.type === 'VECTOR' && Math.min(node.width, node.height) === 0) return 'line';
  if (node.isMask === true) return 'mask';
  if (isPart(node)) return 'part';
  if (!Array.isArray((node as Rectangle).fills)) return 'mixed';
  return node.width < 1 || node.height < 1 ? 'small' : undefined;
}

export function isFillable(node: CanvasNode): node is Rectangle {
  return fillObstacle(node) === undefined;
}

/** Layers in the order of what a person should know of them first. */
export function fillNotes(node: Rectangle): readonly FillNote[] {
  const notes: FillNote[] = [];
  if (isHidden(node)) notes.push('hidden');
  if (holdsLayers(node)) notes.push('layers');
  if (isOfComponent(node)) notes.push('component');
  if (isStyled(node)) notes.push('style');
  return notes;
}

/** True for fills that are from a style; one that is mixed is of no layer that can be filled. */
export function isStyled({ fillStyleId }: Rectangle): boolean {
  return typeof fillStyleId === 'string' && fillStyleId !== '';
}

/** A boolean operation is drawn from its layers, and nothing of them lies in front of it. */
function holdsLayers(node: CanvasNode): boolean {
  const { children = [] } = node as { children?: readonly unknown[] };
  return node.type !== 'BOOLEAN_OPERATION' && children.length > 0;
}

function isPart({ parent }: CanvasParent): boolean {
  return parent !== null && (parent.type === 'BOOLEAN_OPERATION' || isPart(parent));
}

/** True for a main component and its layers; what an instance has is its own. */
function isOfComponent(node: CanvasParent): boolean {
  if (node.type === 'INSTANCE') return false;
  return node.type === 'COMPONENT' || (node.parent !== null && isOfComponent(node.parent));
}

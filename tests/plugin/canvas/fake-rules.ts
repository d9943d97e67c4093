/** Figma's rules for what a plugin changes, as its documents and its error messages tell them. */

import type { Affine } from '../../../shared/affine.ts';
import { uprightBox } from '../../../shared/affine.ts';
import type { FakeNode, FakeParent } from './fake-node.ts';

export function refuse(call: string, reason: string): never {
  throw new Error(`in ${call}: ${reason}`);
}

/** Kinds that hold layers. */
const HOLDERS = [
  'PAGE',
  'SECTION',
  'FRAME',
  'GROUP',
  'COMPONENT',
  'COMPONENT_SET',
  'INSTANCE',
  'BOOLEAN_OPERATION',
];

const WITHOUT_FILLS = ['GROUP', 'SLICE'];

export function isOfInstance({ parent }: FakeParent): boolean {
  return parent !== null && (parent.type === 'INSTANCE' || isOfInstance(parent));
}

/** A layer put before the one at `index`; its place in its frame stays the same numbers. */
export function adopt(parent: FakeParent, child: FakeNode, index?: number): void {
  const call = index === undefined ? 'appendChild' : 'insertChild';
  const move = (reason: string) => refuse(call, `Cannot move node. ${reason}`);
  if (!HOLDERS.includes(parent.type)) move('New parent is of a type that cannot have children');
  if (parent.type === 'INSTANCE' || isOfInstance(parent))
    move('New parent is an instance or is inside of an instance');
  if (isOfInstance(child)) move('Node is inside of an instance');
  if (parent.type === 'COMPONENT_SET' && child.type !== 'COMPONENT')
    move('A COMPONENT_SET node cannot have children of type other than COMPONENT');
  for (let above: FakeParent | null = parent; above !== null; above = above.parent)
    if (above === child) move('Doing so would create a parenting cycle');
  const siblings = parent.children;
  const at = index ?? siblings.length;
  if (!(at >= 0 && at <= siblings.length))
    refuse(call, 'Cannot insert node at index greater than the number of existing siblings');
  const [below, above] = [siblings[at - 1], siblings[at]];
  if (above === undefined) child.rank = (below?.rank ?? -1) + 1;
  else child.rank = below === undefined ? above.rank - 1 : (below.rank + above.rank) / 2;
  child.parent = parent;
  child.layoutPositioning = 'AUTO';
  layOut(parent);
}

/** True where a frame decides on the layer's place. */
function isLaidOut({ parent, layoutPositioning }: FakeNode): boolean {
  return layoutPositioning === 'AUTO' && parent.type !== 'PAGE' && (parent as FakeNode).layoutMode !== 'NONE';
}

/** An auto layout without gaps: its layers one after the other. */
export function layOut(parent: FakeParent): void {
  if (parent.type === 'PAGE' || (parent as FakeNode).layoutMode === 'NONE') return;
  // A grid of one row.
  const isRow = (parent as FakeNode).layoutMode !== 'VERTICAL';
  let at = 0;
  for (const child of parent.children.filter(isLaidOut)) {
    [child.x, child.y] = isRow ? [at, 0] : [0, at];
    const { width, height } = uprightBox(child.relativeTransform, {
      x: 0,
      y: 0,
      width: child.width,
      height: child.height,
    });
    at += isRow ? width : height;
  }
}

/** Sets one property as Figma does. */
export function write(node: FakeNode, key: string, value: unknown): void {
  const call = `set_${key}`;
  const setter = SETTERS[key];
  if (setter === undefined || (key === 'fills' && WITHOUT_FILLS.includes(node.type)))
    refuse(call, 'no setter for property');
  if (OF_THE_COMPONENT.includes(key) && isOfInstance(node))
    refuse(call, 'This property cannot be overridden in an instance');
  setter(node, value, call);
}

/** An instance's layers have these from its component. */
const OF_THE_COMPONENT = ['x', 'y', 'relativeTransform', 'layoutPositioning'];

type Setter = (node: FakeNode, value: unknown, call: string) => void;

function plain(node: FakeNode, value: unknown, call: string): void {
  if (value === undefined) refuse(call, 'Expected a value');
  Object.assign(node, { [call.slice('set_'.length)]: value });
}

/** Ignored in a frame that lays its layers out. */
function place(node: FakeNode, value: unknown, call: string): void {
  if (!Number.isFinite(value)) refuse(call, 'Expected a number');
  if (!isLaidOut(node)) plain(node, value, call);
}

const SETTERS: Readonly<Record<string, Setter>> = {
  ...{
    name: plain,
    blendMode: plain,
    characters: plain,
    fontName: plain,
    fontSize: plain,
    textAutoResize: plain,
  },
  ...{ x: place, y: place },
  opacity: (node, value, call) => {
    if (!((value as number) >= 0 && (value as number) <= 1)) refuse(call, 'Expected a number from 0 to 1');
    plain(node, value, call);
  },
  relativeTransform: (node, value, call) => {
    const [[a, c, e], [b, d, f]] = value as Affine;
    const isUnit = [Math.hypot(a, b), Math.hypot(c, d)].every((axis) => Math.abs(axis - 1) < 1e-6);
    if (![e, f].every(Number.isFinite) || !isUnit) refuse(call, 'Expected axes of the length of one');
    const { x, y } = node;
    node.relativeTransform = value as Affine;
    if (isLaidOut(node)) [node.x, node.y] = [x, y];
  },
  layoutPositioning: (node, value, call) => {
    if (node.parent.type === 'PAGE' || (node.parent as FakeNode).layoutMode === 'NONE')
      refuse(call, 'Can only set layoutPositioning = ABSOLUTE if the parent node has layoutMode !== NONE');
    plain(node, value, call);
    layOut(node.parent);
  },
  fills: (node, value, call) => {
    if (!Array.isArray(value)) refuse(call, 'Expected an array of paints');
    for (const paint of value) check(paint, call);
    // Figma's documents do not say that writing fills unlinks the style that they are from: here it does not.
    if (node.fillStyleId === '') node.fills = structuredClone(value);
  },
};

function check(paint: { readonly [key: string]: unknown }, call: string): void {
  if (paint.type === 'PATTERN') refuse(call, 'Use setFillsAsync for pattern fills');
  if (paint.type !== 'IMAGE') return;
  if (!['FILL', 'FIT', 'CROP', 'TILE'].includes(String(paint.scaleMode))) refuse(call, 'Invalid scaleMode');
  const rows = (paint.imageTransform ?? []) as readonly (readonly number[])[];
  if (!rows.flat().every(Number.isFinite)) refuse(call, 'Invalid imageTransform');
}

/** Sizes that Figma takes. */
export function checkSize({ type }: FakeNode, [width, height]: readonly [number, number]): void {
  if (type === 'LINE' && height !== 0) refuse('resize', 'height of a line must be 0');
  for (const side of type === 'LINE' ? [width] : [width, height])
    if (!(side >= 0.01)) refuse('resize', 'Expected a number of at least 0.01');
}

/**
 * selectedLayout: the selection as part of a layout. The layer that pictures can fill, and the frame or picture that the
 * selected layers lie in, by nesting or, for layers that lie loose on the page, by what they lie over.
 */

import type { CanvasSize, UnitBox } from '../../shared/geometry.ts';
import { IMAGE_MAX_SIDE, REGIONS_MAX } from '../../shared/protocol/limits.ts';
import type { Affine, AreaLayer, FillTarget, SelectedArea } from '../layout-messages.ts';
import type { MainToUi, UiToMain } from '../messages.ts';
import { canvasMark, ensuredMark } from './canvas-mark.ts';
import type { Bounds, CanvasNode, CanvasParent, FigmaSurface } from './figma-surface.ts';
import { exportPng, seenBounds } from './frame-export.ts';
import { choicesOf, isFillable, isLocked, showsPicture } from './layer-fills.ts';
import { around, boxesOf } from './row.ts';
import { isUnfilledSlot, RECORD_KEY } from './variant-batches.ts';

export function selectedLayout(surface: FigmaSurface): Extract<MainToUi, { type: 'layout' }> {
  const nodes = surface.currentPage.selection.filter((node) => !node.removed && boxOf(node) !== undefined);
  const [only] = nodes.length === 1 ? nodes : [];
  return {
    type: 'layout',
    canvas: canvasMark(surface),
    target: only === undefined ? null : targetOf(surface, only),
    area: areaOf(surface, nodes),
  };
}

/** Null for what no picture can fill, and for variants, which are pictures themselves. */
function targetOf(surface: FigmaSurface, node: CanvasNode): FillTarget | null {
  if (!isFillable(node) || node.getPluginData(RECORD_KEY) !== '' || isUnfilledSlot(node)) return null;
  const { id: nodeId, name, width, height } = node;
  const layout = layoutAround(surface, node);
  return {
    ...{ nodeId, name, width, height },
    isFrame: node.type === 'FRAME',
    isLocked: isLocked(node),
    isEmpty: !showsPicture(node),
    layout: layout === undefined ? null : { nodeId: layout.id, name: layout.name },
    pictures: choicesOf(node).map(({ job, picture, seed, isShown }) => ({
      ...{ jobId: job, index: picture, seed, isShown },
    })),
  };
}

/** Share of a layout that a layer may cover: of one that is covered whole nothing is left to show. */
const COVERED = 0.98;

/** The layout that a layer is seen in; undefined where there is nothing around it. */
export function layoutAround(surface: FigmaSurface, node: CanvasNode): CanvasNode | undefined {
  const layout = containerOf(surface, [node]);
  if (layout === undefined) return undefined;
  const bounds = seenBounds(layout) ?? layout;
  const share = sharedSize(boxOf(node)!, bounds) / areaSize(bounds);
  return share > 0 && share < COVERED ? layout : undefined;
}

function areaOf(surface: FigmaSurface, nodes: readonly CanvasNode[]): SelectedArea | null {
  // Each is compared with each other one: of thousands, the editor would stand still.
  if (nodes.length === 0 || nodes.length > REGIONS_MAX + 1) return null;
  // A frame that is selected with layers inside of it is what they lie in.
  const outer =
    nodes.length > 1
      ? nodes.find((node) => nodes.every((one) => one === node || isInside(boxOf(one)!, boxOf(node)!)))
      : undefined;
  const container = outer ?? containerOf(surface, nodes);
  if (container === undefined) return null;
  const box = boxOf(container)!;
  const inside = nodes.filter((node) => node !== outer).map((node) => layerIn(node, box));
  const layers = inside.filter((layer): layer is AreaLayer => layer !== undefined);
  if (layers.length === 0) return null;
  layers.sort((a, b) => a.x - b.x || a.y - b.y);
  const { id: nodeId, name } = container;
  return { nodeId, name, width: box.width, height: box.height, layers };
}

/** The layer's upright box; undefined where it lies outside. */
function layerIn(node: CanvasNode, area: Bounds): AreaLayer | undefined {
  const box = boxOf(node)!;
  const x = Math.max(0, (box.x - area.x) / area.width);
  const y = Math.max(0, (box.y - area.y) / area.height);
  const width = Math.min(1, (box.x + box.width - area.x) / area.width) - x;
  const height = Math.min(1, (box.y + box.height - area.y) / area.height) - y;
  if (!(width > 0 && height > 0)) return undefined;
  return { nodeId: node.id, name: node.name, x, y, width, height };
}

/** The outermost frame that all of them are in, or the smallest layer that they lie over on the page or in its section. */
function containerOf(surface: FigmaSurface, nodes: readonly CanvasNode[]): CanvasNode | undefined {
  const tops = new Set(nodes.map((node) => topLevel(node)));
  const [top] = tops;
  if (tops.size === 1 && !nodes.some((node) => node.id === top!.id)) return top as CanvasNode;
  const union = around(boxesOf(nodes));
  if (union === undefined) return undefined;
  // A section is a board of layouts, and none itself.
  const { parent } = nodes[0]!;
  const board = parent?.type === 'SECTION' ? (parent as Board) : surface.currentPage;
  return board.children
    .filter((one) => {
      const box = one.type === 'SECTION' ? undefined : boxOf(one);
      return box !== undefined && !nodes.some(({ id }) => id === one.id) && isInside(union, box);
    })
    .sort((a, b) => areaSize(boxOf(a)!) - areaSize(boxOf(b)!))[0];
}

interface Board extends CanvasParent {
  readonly children: readonly CanvasNode[];
}

/** The ancestor that lies on the page, or in a section of it; the layer itself where that does. */
function topLevel(node: CanvasParent): CanvasParent {
  const { parent } = node;
  return parent === null || parent.type === 'PAGE' || parent.type === 'SECTION' ? node : topLevel(parent);
}

/** Canvas pixels that one layer may stand out of another and count as inside: layers snap to halves. */
const STANDS_OUT = 1;

function isInside(inner: Bounds, outer: Bounds): boolean {
  return (
    inner.x >= outer.x - STANDS_OUT &&
    inner.y >= outer.y - STANDS_OUT &&
    inner.x + inner.width <= outer.x + outer.width + STANDS_OUT &&
    inner.y + inner.height <= outer.y + outer.height + STANDS_OUT
  );
}

function boxOf(node: CanvasNode): Bounds | undefined {
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

/** The layout around a layer as one picture, the hole in it as it is; with the layer's place in that. */
export async function exportLayout(
  surface: FigmaSurface,
  { exportId, nodeId, side }: Extract<UiToMain, { type: 'export-layout' }>,
  send: (message: MainToUi) => void,
): Promise<void> {
  const found = await surface.getNodeByIdAsync(nodeId).catch(() => null);
  const node = found === null ? undefined : (found as CanvasNode);
  const layout = node === undefined || node.removed ? undefined : layoutAround(surface, node);
  const bounds = layout && seenBounds(layout);
  if (node === undefined || layout === undefined || !bounds) {
    return send({ type: 'layout-exported', exportId, result: { fault: 'gone', name: '' } });
  }
  // As large as on the canvas, and larger where the hole would have fewer pixels than the model makes.
  const scale = Math.max(1, side / Math.max(node.width, node.height));
  const longest = Math.max(bounds.width, bounds.height);
  const place = placeIn(bounds, node);
  const { bytes, fault } = await exportPng(layout, Math.min(IMAGE_MAX_SIDE, Math.ceil(longest * scale)));
  const box = sharesOf(boxOf(layout) ?? bounds, bounds);
  const canvas = ensuredMark(surface, exportId);
  const result = fault === undefined ? { bytes, place, box, canvas } : { fault, name: layout.name };
  send({ type: 'layout-exported', exportId, result });
}

/** A frame in its export, which has shadows and strokes around it. */
function sharesOf(box: Bounds, bounds: Bounds): UnitBox {
  return {
    x: (box.x - bounds.x) / bounds.width,
    y: (box.y - bounds.y) / bounds.height,
    width: box.width / bounds.width,
    height: box.height / bounds.height,
  };
}

/** From the layer's unit square to that of a picture with these bounds on the canvas. */
function placeIn(bounds: Bounds, { absoluteTransform, width, height }: CanvasNode): Affine {
  const [[a, c, e], [b, d, f]] = absoluteTransform;
  return [
    [(a * width) / bounds.width, (c * height) / bounds.width, (e - bounds.x) / bounds.width],
    [(b * width) / bounds.height, (d * height) / bounds.height, (f - bounds.y) / bounds.height],
  ];
}

/** selectedLayout: the selection as part of a layout. The layer that pictures can fill, and where the selected layers lie in it. */

import { chained, inverse, ontoBox, uprightBox } from '../../shared/affine.ts';
import type { CanvasSize } from '../../shared/geometry.ts';
import { IMAGE_MAX_SIDE, REGIONS_MAX } from '../../shared/protocol/limits.ts';
import type { AreaLayer, FillObstacle, FillTarget, SelectedArea } from '../layout-messages.ts';
import type { MainToUi, UiToMain } from '../messages.ts';
import { canvasMark, ensuredMark } from './canvas-mark.ts';
import type { CanvasNode, FigmaSurface, Rectangle } from './figma-surface.ts';
import { fillNotes, fillObstacle, isFillable } from './fill-obstacle.ts';
import { choicesOf, showsPicture } from './filled-pictures.ts';
import { exportPng, seenBounds } from './frame-export.ts';
import { boxOf, containerOf, layoutAround, liesIn, sceneLayout } from './layout-search.ts';
import { isLocked, nodeOf } from './node-tree.ts';
import { ontoPage, pictureOntoPage, pictureSpace } from './picture-space.ts';
import { isUnfilledSlot, RECORD_KEY } from './variant-batches.ts';

type LayoutMessage = Extract<MainToUi, { type: 'layout' }>;

export function selectedLayout(surface: FigmaSurface): LayoutMessage {
  const selected = surface.currentPage.selection.filter((node) => !node.removed);
  const nodes = selected.filter((node) => boxOf(node) !== undefined);
  const [only] = selected.length === 1 ? selected : [];
  const target = only === undefined ? null : targetOf(only);
  const area = areaOf(nodes);
  const obstacle = target === null ? obstacleOf(selected) : undefined;
  const scene = area?.layers.length === 1 && nodes.length === 1 ? sceneLayout(nodes[0]!) : undefined;
  return {
    type: 'layout',
    canvas: canvasMark(surface),
    target,
    area,
    ...(obstacle !== undefined && { obstacle }),
    ...(scene !== undefined && { sceneIn: { name: scene.name, ...sizeOf(boxOf(scene) ?? scene) } }),
  };
}

function sizeOf({ width, height }: CanvasSize): CanvasSize {
  return { width, height };
}

/** Null for what no picture can fill, and for variants, which are pictures themselves. */
function targetOf(node: CanvasNode): FillTarget | null {
  if (isOurs(node) || !isFillable(node)) return null;
  const { id: nodeId, name } = node;
  const { width, height } = pictureSpace(node);
  const layout = boxOf(node) === undefined ? undefined : layoutAround(node);
  return {
    nodeId,
    name,
    width,
    height,
    isFrame: !SHAPES.includes(node.type),
    isLocked: isLocked(node),
    isEmpty: !showsPicture(node),
    notes: fillNotes(node),
    layout: layout === undefined || isTooFine(node, layout) ? null : { nodeId: layout.id, name: layout.name },
    pictures: choicesOf(node).map(({ job, picture, seed, isShown }) => ({
      jobId: job,
      index: picture,
      seed,
      isShown,
    })),
  };
}

const SHAPES: readonly string[] = ['RECTANGLE', 'ELLIPSE', 'POLYGON', 'STAR', 'VECTOR', 'BOOLEAN_OPERATION'];

/** Undefined where pictures come beside what is selected, and nobody asks why. */
function obstacleOf(nodes: readonly CanvasNode[]): LayoutMessage['obstacle'] {
  const [first, ...others] = nodes;
  if (first === undefined || nodes.some(isOurs)) return undefined;
  if (others.length > 0) {
    const isWaiting = (node: CanvasNode) => isFillable(node) && !showsPicture(node as Rectangle);
    return nodes.length <= REGIONS_MAX && nodes.every(isWaiting) ? { name: '', why: 'several' } : undefined;
  }
  const why: FillObstacle | undefined = fillObstacle(first);
  return why === undefined ? undefined : { name: first.name, why };
}

/** True for what Likeness put on the canvas. */
function isOurs(node: CanvasNode): boolean {
  return node.getPluginData(RECORD_KEY) !== '' || isUnfilledSlot(node);
}

function areaOf(nodes: readonly CanvasNode[]): SelectedArea | null {
  // Each is compared with each other one: of thousands, the editor would stand still.
  if (nodes.length === 0 || nodes.length > REGIONS_MAX + 1) return null;
  // A frame that is selected with layers inside of it is what they lie in.
  const outer =
    nodes.length > 1
      ? nodes.find((node) => nodes.every((one) => one === node || liesIn(boxOf(one)!, boxOf(node)!)))
      : undefined;
  const container = outer ?? containerOf(nodes);
  if (container === undefined) return null;
  const inside = nodes.filter((node) => node !== outer).map((node) => layerIn(node, container));
  const layers = inside.filter((layer): layer is AreaLayer => layer !== undefined);
  if (layers.length === 0) return null;
  layers.sort((a, b) => a.x - b.x || a.y - b.y);
  const { id: nodeId, name } = container;
  const { width, height } = pictureSpace(container);
  return { nodeId, name, width, height, layers };
}

/** The layer's upright box in the picture of an area; undefined where it lies outside. */
function layerIn(node: CanvasNode, area: CanvasNode): AreaLayer | undefined {
  const toPicture = chained(inverse(pictureOntoPage(area)), ontoPage(node));
  const box = uprightBox(toPicture, { x: 0, y: 0, width: 1, height: 1 });
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  const width = Math.min(1, box.x + box.width) - x;
  const height = Math.min(1, box.y + box.height) - y;
  if (!(width > 0 && height > 0)) return undefined;
  return { nodeId: node.id, name: node.name, x, y, width, height };
}

/** Image pixels across, below which nothing that is painted in a hole can be seen. */
const HOLE_MIN = 4;

/** True for a hole of which a layout's largest export would have next to nothing. */
function isTooFine({ width, height }: CanvasSize, layout: CanvasNode): boolean {
  const bounds = seenBounds(layout) ?? layout;
  return Math.min(width, height) * (IMAGE_MAX_SIDE / Math.max(bounds.width, bounds.height)) < HOLE_MIN;
}

/** The layout around a layer as one picture, the hole in it as it is; with the layer's place in that. */
export async function exportLayout(
  surface: FigmaSurface,
  { exportId, nodeId, side }: Extract<UiToMain, { type: 'export-layout' }>,
  send: (message: MainToUi) => void,
): Promise<void> {
  const node = await nodeOf(surface, nodeId);
  const layout = node === undefined || boxOf(node) === undefined ? undefined : layoutAround(node);
  const bounds = layout && seenBounds(layout);
  if (node === undefined || layout === undefined || !bounds) {
    return send({ type: 'layout-exported', exportId, result: { fault: 'gone', name: '' } });
  }
  // As large as on the canvas, and larger where the hole would have fewer pixels than the model makes.
  const longest = Math.max(bounds.width, bounds.height);
  const least = HOLE_MIN / Math.min(node.width, node.height);
  const scale = Math.max(1, side / Math.max(node.width, node.height), least);
  const toPicture = inverse(ontoBox(bounds));
  const { bytes, fault } = await exportPng(layout, Math.min(IMAGE_MAX_SIDE, Math.ceil(longest * scale)));
  if (fault !== undefined) {
    return send({ type: 'layout-exported', exportId, result: { fault, name: layout.name } });
  }
  const places = {
    place: chained(toPicture, ontoPage(node)),
    layout: chained(toPicture, pictureOntoPage(layout)),
  };
  const canvas = ensuredMark(surface, exportId);
  send({ type: 'layout-exported', exportId, result: { bytes, ...places, canvas } });
}

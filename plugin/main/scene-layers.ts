/**
 * SceneLayers: a cut-out of a layout as a picture, and scenes that were painted around it, as a frame of layers under the
 * cut-out, which stays as it is.
 */

import { IMAGE_MAX_SIDE } from '../../shared/protocol/limits.ts';
import type { ProductToMain, ProductToUi } from '../product-messages.ts';
import { ensuredMark } from './canvas-mark.ts';
import type { CanvasContainer, CanvasNode, FigmaSurface } from './figma-surface.ts';
import { exportPng, seenBounds } from './frame-export.ts';
import { layoutAround } from './layout.ts';

/** Plugin data of a scene's frame: the id of its cut-out. */
const SCENE_KEY = 'scene';

/** Image pixels that a layout's longer side has at least, by enlarging it at most so much: screens show two a pixel. */
const FINE_PX = 2048;
const LARGEST_SCALE = 2;

type Place = Extract<ProductToMain, { type: 'place-scene' }>;
type Layer = Pick<Place, 'layer' | 'blend' | 'opacity'> & { readonly hash: string };

async function nodeOf(surface: FigmaSurface, nodeId: string): Promise<CanvasNode | undefined> {
  const found = await surface.getNodeByIdAsync(nodeId).catch(() => null);
  const node = found === null ? undefined : (found as CanvasNode);
  return node === undefined || node.removed ? undefined : node;
}

/** The cut-out at the scale of its layout's picture, so that nothing of it is resampled there. */
export async function exportProduct(
  surface: FigmaSurface,
  { exportId, nodeId }: Extract<ProductToMain, { type: 'export-product' }>,
  send: (message: ProductToUi) => void,
): Promise<void> {
  const node = await nodeOf(surface, nodeId);
  const layout = node && layoutAround(surface, node)?.absoluteBoundingBox;
  const own = node && seenBounds(node);
  if (!node || !layout || !own) return send({ type: 'product-exported', exportId, result: null });
  const longest = Math.max(layout.width, layout.height);
  const finest = Math.min(LARGEST_SCALE, Math.max(1, FINE_PX / longest));
  const scale = Math.min(finest, IMAGE_MAX_SIDE / longest);
  const { bytes } = await exportPng(node, Math.max(1, Math.round(Math.max(own.width, own.height) * scale)));
  const result = bytes && {
    bytes,
    canvas: ensuredMark(surface, exportId),
    layout: { width: Math.round(layout.width * scale), height: Math.round(layout.height * scale) },
    box: {
      x: (own.x - layout.x) / layout.width,
      y: (own.y - layout.y) / layout.height,
      width: own.width / layout.width,
      height: own.height / layout.height,
    },
  };
  send({ type: 'product-exported', exportId, result: result ?? null });
}

export class SceneLayers {
  readonly #surface: FigmaSurface;
  /** Layers that have come, of a scene by its job and number. */
  readonly #coming = new Map<string, Layer[]>();

  constructor(surface: FigmaSurface) {
    this.#surface = surface;
  }

  /** False where the cut-out or its layout is gone. */
  async place({ nodeId, jobId, index, layer, blend, opacity, bytes, isLast }: Place): Promise<boolean> {
    const key = `${nodeId} ${jobId} ${index}`;
    const layers = this.#coming.get(key) ?? [];
    const { hash } = this.#surface.createImage(bytes);
    layers.push({ layer, blend, opacity, hash });
    this.#coming.set(key, layers);
    if (!isLast) return true;
    this.#coming.delete(key);
    const product = await nodeOf(this.#surface, nodeId);
    const layout = product && layoutAround(this.#surface, product);
    if (product === undefined || layout === undefined) return false;
    this.#lay(product, layout, layers);
    this.#surface.commitUndo();
    return true;
  }

  /** In place of an earlier one, right under the cut-out or the group that it is in. */
  #lay(product: CanvasNode, layout: CanvasNode, layers: readonly Layer[]): void {
    const { container, child } = placeUnder(product, layout, this.#surface.currentPage);
    const box = layout.absoluteBoundingBox!;
    const isInside = container.id === layout.id;
    // What a loose cut-out lies over may be its own earlier scene: it goes once its box is known.
    for (const before of this.#surface.currentPage.findAllWithCriteria({
      pluginData: { keys: [SCENE_KEY] },
    })) {
      if (before.getPluginData(SCENE_KEY) === product.id) before.remove();
    }
    const scene = this.#surface.createFrame();
    scene.name = `Scene of ${product.name}`;
    scene.fills = [];
    scene.resize(box.width, box.height);
    scene.setPluginData(SCENE_KEY, product.id);
    for (const { layer, blend, opacity, hash } of layers) {
      const own = this.#surface.createRectangle();
      own.name = layer;
      own.resize(box.width, box.height);
      own.fills = [{ type: 'IMAGE', scaleMode: 'FILL', imageHash: hash }];
      own.blendMode = blend;
      own.opacity = opacity;
      scene.appendChild(own);
      own.x = 0;
      own.y = 0;
    }
    const at = container.children.findIndex(({ id }) => id === child.id);
    container.insertChild(Math.max(0, at), scene);
    const origin = isInside ? box : (container.absoluteBoundingBox ?? { x: 0, y: 0 });
    scene.x = box.x - origin.x;
    scene.y = box.y - origin.y;
  }
}

/** The layout or, for what lies loose over it, whatever both lie in; and what of it holds the product. */
function placeUnder(product: CanvasNode, layout: CanvasNode, page: CanvasContainer) {
  let child: CanvasNode = product;
  for (;;) {
    const container = (child.parent as CanvasContainer | null) ?? page;
    const isOuter = container.type === 'PAGE' || container.type === 'SECTION';
    if (container.id === layout.id || isOuter) return { container, child };
    child = container as unknown as CanvasNode;
  }
}

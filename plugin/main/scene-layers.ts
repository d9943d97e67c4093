/**
 * SceneLayers: a cut-out of a layout as a picture, and scenes that were painted around it, as a frame of layers under the
 * cut-out, which stays as it is. Scenes stand upright on the page, as the cut-out was exported, however their layout is turned.
 */

import type { UnitBox } from '../../shared/geometry.ts';
import { IMAGE_MAX_SIDE } from '../../shared/protocol/limits.ts';
import type { ProductToMain, ProductToUi } from '../product-messages.ts';
import { ensuredMark } from './canvas-mark.ts';
import { insertAt, takesLayers } from './exact-place.ts';
import type { Bounds, CanvasContainer, CanvasNode, FigmaSurface, Frame } from './figma-surface.ts';
import { exportPng, seenBounds } from './frame-export.ts';
import { sceneLayout } from './layout-search.ts';
import { isBoard, isLocked, nodeOf, pageOf } from './node-tree.ts';
import { touches } from './row.ts';

/** Plugin data of a scene's frame: the id of its cut-out. */
const SCENE_KEY = 'scene';

/** Image pixels that a layout's longer side has at least, by enlarging it at most so much: screens show two a pixel. */
const FINE_PX = 2048;
const LARGEST_SCALE = 2;

/** Share of its layout that a cut-out may have moved or grown, unseen. */
const SAME_PLACE = 0.002;

const GONE = 'The cut-out or its layout is gone. Select a cut-out in a frame, and paint a scene again.';
const NO_SPOT = {
  instance: 'It is in an instance, which takes no layers. Detach the instance, and use the scene again.',
  locked: 'The layout around it is locked. Unlock it, and use the scene again.',
} as const;
const CHANGED = 'The cut-out was moved or resized since this scene was painted. Undo, or paint another.';
const REFUSED = 'The canvas did not take this scene. Use it again from the panel.';

type Place = Extract<ProductToMain, { type: 'place-scene' }>;
type Layer = Pick<Place, 'layer' | 'blend' | 'opacity'> & { readonly hash: string | undefined };

/** The cut-out at the scale of its layout's picture, so that nothing of it is resampled there. */
export async function exportProduct(
  surface: FigmaSurface,
  { exportId, nodeId }: Extract<ProductToMain, { type: 'export-product' }>,
  send: (message: ProductToUi) => void,
): Promise<void> {
  const node = await nodeOf(surface, nodeId);
  const layout = node && sceneLayout(node);
  const around = layout?.absoluteBoundingBox;
  const own = node && seenBounds(node);
  const answer = (result: ProductToUi['result']) => send({ type: 'product-exported', exportId, result });
  if (!node || !layout || !around || !own) return answer('gone');
  const spot = spotUnder(node, layout);
  if (typeof spot === 'string') return answer(spot);
  const longest = Math.max(around.width, around.height);
  const finest = Math.min(LARGEST_SCALE, Math.max(1, FINE_PX / longest));
  const scale = Math.min(finest, IMAGE_MAX_SIDE / longest);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  const { bytes, fault } = await exportPng(node, side(Math.max(own.width, own.height)));
  if (fault !== undefined) return answer(fault);
  const canvas = ensuredMark(surface, exportId);
  const size = { width: side(around.width), height: side(around.height) };
  answer({ bytes, canvas, layout: size, box: sharesOf(own, around) });
}

export class SceneLayers {
  readonly #surface: FigmaSurface;
  /** Layers that have come, of a scene by its job and number. */
  readonly #coming = new Map<string, Layer[]>();

  constructor(surface: FigmaSurface) {
    this.#surface = surface;
  }

  /** Words for the person where the scene is none, or does not fit any more. */
  async place({ nodeId, jobId, index, layer, blend, opacity, box, bytes, isLast }: Place) {
    const key = `${nodeId} ${jobId} ${index}`;
    const layers = this.#coming.get(key) ?? [];
    layers.push({ layer, blend, opacity, hash: this.#hashOf(bytes) });
    this.#coming.set(key, layers);
    if (!isLast) return undefined;
    this.#coming.delete(key);
    const product = await nodeOf(this.#surface, nodeId);
    const layout = product && sceneLayout(product);
    if (product === undefined || layout === undefined) return GONE;
    const spot = spotUnder(product, layout);
    if (typeof spot === 'string') return NO_SPOT[spot];
    if (layers.some(({ hash }) => hash === undefined)) return REFUSED;
    const earlier = this.#earlierScenes(product, spot.container);
    this.#lay(product, layout.absoluteBoundingBox!, spot, layers);
    for (const scene of earlier) scene.remove();
    this.#surface.commitUndo();
    return box === null || isThere(product, layout, box) ? undefined : CHANGED;
  }

  #hashOf(bytes: Uint8Array): string | undefined {
    try {
      return this.#surface.createImage(bytes).hash;
    } catch (error) {
      console.error('likeness: the canvas refused a layer of a scene', error);
      return undefined;
    }
  }

  /** Those under this cut-out: copies of a layout have their own, which name the same cut-out. */
  #earlierScenes(product: CanvasNode, container: CanvasContainer): readonly CanvasNode[] {
    const box = product.absoluteBoundingBox!;
    const page = pageOf(product) ?? this.#surface.currentPage;
    return page.findAllWithCriteria({ pluginData: { keys: [SCENE_KEY] } }).filter((scene) => {
      if (scene.getPluginData(SCENE_KEY) !== product.id || scene.parent?.id !== container.id) return false;
      return scene.absoluteBoundingBox !== null && touches(box, scene.absoluteBoundingBox, 0);
    });
  }

  /** Right under the cut-out or the group that it is in. What cannot be finished is taken away again. */
  #lay(product: CanvasNode, box: Bounds, { container, index }: Spot, layers: readonly Layer[]): void {
    const scene = this.#surface.createFrame();
    try {
      this.#fill(scene, box, layers);
      scene.name = `Scene of ${product.name}`;
      scene.setPluginData(SCENE_KEY, product.id);
      insertAt(container, index, scene, [
        [1, 0, box.x],
        [0, 1, box.y],
      ]);
    } catch (error) {
      scene.remove();
      throw error;
    }
  }

  #fill(scene: Frame, { width, height }: Bounds, layers: readonly Layer[]): void {
    scene.fills = [];
    scene.resize(width, height);
    for (const { layer, blend, opacity, hash } of layers) {
      const own = this.#surface.createRectangle();
      own.name = layer;
      own.resize(width, height);
      own.fills = [{ type: 'IMAGE', scaleMode: 'FILL', imageHash: hash! }];
      own.blendMode = blend;
      own.opacity = opacity;
      scene.appendChild(own);
      own.x = 0;
      own.y = 0;
    }
  }
}

interface Spot {
  readonly container: CanvasContainer;
  /** Place of the layer that comes right over it. */
  readonly index: number;
}

/**
 * The layout or, for what lies loose over it, whatever both lie in; and the place under what of it holds the product.
 * A reason where nothing can be put.
 */
function spotUnder(product: CanvasNode, layout: CanvasNode): Spot | keyof typeof NO_SPOT {
  let child: CanvasNode = product;
  let container = product.parent as CanvasContainer | null;
  while (container !== null && container.id !== layout.id && !isBoard(container)) {
    child = container as unknown as CanvasNode;
    container = container.parent as CanvasContainer | null;
  }
  if (container === null || !takesLayers(container)) return 'instance';
  if (isLocked(container)) return 'locked';
  const at = container.children.findIndex(({ id }) => id === child.id);
  const { layoutMode = 'NONE', itemReverseZIndex = false } = container;
  return { container, index: layoutMode !== 'NONE' && itemReverseZIndex ? at + 1 : Math.max(0, at) };
}

/** True where a cut-out is where its scene was painted around it. */
function isThere(product: CanvasNode, layout: CanvasNode, before: UnitBox): boolean {
  const now = sharesOf(seenBounds(product) ?? product, layout.absoluteBoundingBox!);
  return (['x', 'y', 'width', 'height'] as const).every(
    (side) => Math.abs(now[side] - before[side]) <= SAME_PLACE,
  );
}

function sharesOf(box: Bounds, area: Bounds): UnitBox {
  return {
    x: (box.x - area.x) / area.width,
    y: (box.y - area.y) / area.height,
    width: box.width / area.width,
    height: box.height / area.height,
  };
}

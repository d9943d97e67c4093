/** ExactPlace: a new layer at a place of the page, whatever it is put into lays out, turns or mirrors. */

import { type Affine, chained, inverse } from '../../shared/affine.ts';
import type { CanvasContainer, CanvasParent, Rectangle } from './figma-surface.ts';
import { isOfInstance } from './node-tree.ts';

const UPRIGHT: Affine = [
  [1, 0, 0],
  [0, 1, 0],
];

/** Kinds whose layers have their places in the frame around: these move and grow with their layers. */
const WITHOUT_PLACES: readonly string[] = ['GROUP', 'TRANSFORM_GROUP', 'BOOLEAN_OPERATION'];

/** Kinds that a layer can be put into without changing what they show of their own. */
const TAKES_LAYERS: readonly string[] = ['PAGE', 'SECTION', 'FRAME', 'GROUP', 'COMPONENT'];

/** False for an instance, whose layers are its component's, and for what takes layers of one kind alone. */
export function takesLayers(container: CanvasParent): boolean {
  return TAKES_LAYERS.includes(container.type) && !isOfInstance(container);
}

/** @param place from the layer's own pixels to the page's */
export function insertAt(container: CanvasContainer, index: number, layer: Rectangle, place: Affine): void {
  container.insertChild(index, layer);
  // Else it would push the others aside, and lie where the frame puts it.
  const { layoutMode = 'NONE' } = container;
  if (layoutMode !== 'NONE') layer.layoutPositioning = 'ABSOLUTE';
  layer.relativeTransform = chained(inverse(placesOf(container)), place);
}

/** From the pixels in which places of a container's layers are told to the page's. */
function placesOf(container: CanvasContainer): Affine {
  const { type, parent, absoluteTransform } = container;
  if (WITHOUT_PLACES.includes(type) && parent !== null) return placesOf(parent as CanvasContainer);
  return absoluteTransform ?? UPRIGHT;
}

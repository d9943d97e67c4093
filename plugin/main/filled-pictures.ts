/** FilledPictures: the pictures among a layer's fills, as the layer keeps them in the document. */

import type { Affine } from '../../shared/affine.ts';
import type { CanvasNode, Rectangle } from './figma-surface.ts';

/** Plugin data of a filled layer: its pictures, as JSON. */
export const FILL_KEY = 'fill';

export interface StoredPicture {
  readonly job: string;
  readonly picture: number;
  readonly seed: number;
  readonly hash: string;
}

/** A paint as it is read; Figma's have more. */
export interface ReadPaint {
  readonly type: string;
  readonly visible?: boolean;
  readonly imageHash?: string | null;
}

/** True where a picture, pattern or video can be seen in it. */
export function showsPicture(layer: Rectangle): boolean {
  return paintsOf(layer).some(
    ({ type, visible }) => type !== 'SOLID' && !isGradient(type) && visible !== false,
  );
}

/** True where something is painted over what lies under a layer. */
export function hasGround(node: CanvasNode): boolean {
  const { fills } = node as { fills?: unknown };
  return Array.isArray(fills) && (fills as readonly ReadPaint[]).some(({ visible }) => visible !== false);
}

function isGradient(type: string): boolean {
  return type.startsWith('GRADIENT_');
}

/** Pictures of a filled layer that are still among its fills; a designer may have taken some away. */
export function choicesOf(layer: Rectangle): readonly (StoredPicture & { readonly isShown: boolean })[] {
  const paints = paintsOf(layer);
  return storedPictures(layer)
    .map((one) => ({ one, paint: paints.find(({ imageHash }) => imageHash === one.hash) }))
    .filter(({ paint }) => paint !== undefined)
    .map(({ one, paint }) => ({ ...one, isShown: paint!.visible !== false }));
}

/** None for plugin data that is no list of ours: every collaborator can write it. */
export function storedPictures(layer: Rectangle): readonly StoredPicture[] {
  try {
    const stored = JSON.parse(layer.getPluginData(FILL_KEY)) as readonly StoredPicture[];
    return stored.filter(({ job, picture, seed, hash }) => {
      return (
        typeof job === 'string' &&
        typeof hash === 'string' &&
        Number.isInteger(picture) &&
        Number.isInteger(seed)
      );
    });
  } catch {
    return [];
  }
}

/** Keeps what was read of a picture without what else was found of it. */
export function store(layer: Rectangle, pictures: readonly StoredPicture[]): void {
  const stored = pictures.map(({ job, picture, seed, hash }) => ({ job, picture, seed, hash }));
  layer.setPluginData(FILL_KEY, JSON.stringify(stored));
}

export function paintsOf({ fills }: Rectangle): readonly ReadPaint[] {
  return fills as readonly ReadPaint[];
}

export function otherPaints(layer: Rectangle, pictures: readonly StoredPicture[]): readonly ReadPaint[] {
  return paintsOf(layer).filter(({ imageHash }) => !pictures.some(({ hash }) => hash === imageHash));
}

/** A paint of one of the pictures, visible where it is the chosen one; others stay as they are. */
export function withVisible(
  paint: ReadPaint,
  pictures: readonly StoredPicture[],
  chosen: string | undefined,
): ReadPaint {
  if (!pictures.some(({ hash }) => hash === paint.imageHash)) return paint;
  return { ...paint, visible: paint.imageHash === chosen };
}

/** @param part of the picture that is seen; null for all of it, cut off where the layer ends */
export function pictureFill(imageHash: string, part: Affine | null, visible: boolean) {
  const common = { type: 'IMAGE', imageHash, visible } as const;
  return part === null
    ? ({ ...common, scaleMode: 'FILL' } as const)
    : ({ ...common, scaleMode: 'CROP', imageTransform: part } as const);
}

import { imageKind } from '../../../shared/image-kind.ts';
import type { NodeRecord } from '../document/node-record.ts';
import type { Scene } from '../document/scene.ts';
import { pictureSize } from '../figma/picture-size.ts';
import type { PictureStore } from '../store/picture-store.ts';
import { exportNode } from './node-export.ts';

/**
 * A node as a PNG file. A picture that fills its node and has not been changed is given out byte for byte: the record
 * of how it was made is inside.
 */
async function pngOf(scene: Scene, node: NodeRecord, pictures: PictureStore): Promise<Uint8Array> {
  const original = await untouched(scene, node, pictures);
  if (original) return original;
  return exportNode(scene, node.id, { format: 'PNG', constraint: { type: 'SCALE', value: 1 } }, pictures);
}

async function untouched(
  scene: Scene,
  node: NodeRecord,
  pictures: PictureStore,
): Promise<Uint8Array | undefined> {
  const [paint, ...more] = node.fills;
  const plain = node.opacity === 1 && node.cornerRadius === 0 && node.strokes.length === 0;
  if (paint?.type !== 'IMAGE' || !paint.imageHash || more.length > 0) return undefined;
  if (!plain || (paint.opacity ?? 1) < 1 || scene.children(node.id).length > 0) return undefined;
  const bytes = await pictures.bytes(paint.imageHash);
  const size = bytes && imageKind(bytes) === 'png' ? pictureSize(bytes) : undefined;
  if (size === undefined) return undefined;
  const sameShape = Math.abs(size.width * node.height - size.height * node.width) < node.height;
  return sameShape ? bytes : undefined;
}

/** Letters, digits and what file systems take everywhere. */
function fileName(node: NodeRecord): string {
  const safe = node.name
    .replaceAll(/[^\p{L}\p{N} ._-]+/gu, ' ')
    .trim()
    .slice(0, 80);
  return `${safe || 'picture'}.png`;
}

export async function downloadNodes(
  nodes: readonly NodeRecord[],
  scene: Scene,
  pictures: PictureStore,
): Promise<void> {
  for (const node of nodes) {
    const url = URL.createObjectURL(new Blob([(await pngOf(scene, node, pictures)) as BlobPart]));
    const link = document.createElement('a');
    link.href = url;
    link.download = fileName(node);
    link.click();
    // The download has begun by the next task; the address is not needed any longer.
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
  }
}

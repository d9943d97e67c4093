import type { Scene } from '../document/scene.ts';
import { exportSize } from '../figma/export-size.ts';
import type { ExportRequest } from '../figma/sandbox-link.ts';
import { hashesIn, type PictureStore } from '../store/picture-store.ts';
import { drawNode } from './node-drawing.ts';

/** A node as a PNG (transparency kept) or JPEG, in sRGB: all that is drawn of it, turned as it is. */
export async function exportNode(
  scene: Scene,
  nodeId: string,
  { format, constraint }: ExportRequest,
  pictures: PictureStore,
): Promise<Uint8Array> {
  const node = scene.get(nodeId);
  if (!node) throw new Error(`in exportAsync: The node with id "${nodeId}" does not exist`);
  await Promise.all(hashesIn(scene.subtree(nodeId)).map((hash) => pictures.decoded(hash)));
  const seen = scene.renderBounds(node);
  if (!seen) throw new Error('in exportAsync: nothing of the node is visible');
  const { width, height } = exportSize(seen, constraint);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { colorSpace: 'srgb' })!;
  if (format === 'JPG') {
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
  }
  context.scale(width / seen.width, height / seen.height);
  context.translate(-seen.x, -seen.y);
  const parent = node.parentId ? scene.get(node.parentId) : undefined;
  if (parent) context.transform(...scene.transform(parent));
  context.translate(node.x, node.y);
  drawNode(context, node, scene, pictures);
  const blob = await canvas.convertToBlob({
    type: format === 'PNG' ? 'image/png' : 'image/jpeg',
    quality: 0.92,
  });
  return new Uint8Array(await blob.arrayBuffer());
}

import type { Scene } from '../document/scene.ts';
import type { ExportRequest } from '../figma/sandbox-link.ts';
import { hashesIn, type PictureStore } from '../store/picture-store.ts';
import { drawNode } from './node-drawing.ts';

/** A node as a PNG (transparency kept) or JPEG, in sRGB. */
export async function exportNode(
  scene: Scene,
  nodeId: string,
  { format, constraint }: ExportRequest,
  pictures: PictureStore,
): Promise<Uint8Array> {
  const node = scene.get(nodeId);
  if (!node) throw new Error(`in exportAsync: The node with id "${nodeId}" does not exist`);
  await Promise.all(hashesIn(scene.subtree(nodeId)).map((hash) => pictures.decoded(hash)));
  const scale =
    constraint.type === 'SCALE'
      ? constraint.value
      : constraint.value / (constraint.type === 'WIDTH' ? node.width : node.height);
  const width = Math.max(1, Math.round(node.width * scale));
  const height = Math.max(1, Math.round(node.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { colorSpace: 'srgb' })!;
  if (format === 'JPG') {
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
  }
  context.scale(width / node.width, height / node.height);
  drawNode(context, node, scene, pictures);
  const blob = await canvas.convertToBlob({
    type: format === 'PNG' ? 'image/png' : 'image/jpeg',
    quality: 0.92,
  });
  return new Uint8Array(await blob.arrayBuffer());
}

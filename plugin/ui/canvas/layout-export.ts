/** exportedLayout: the layout around a layer as a picture, with a mask of the layer in it. */

import type { Affine } from '../../../shared/affine.ts';
import { pngSize } from '../../../shared/image-kind.ts';
import type { MainToUi } from '../../messages.ts';
import { newImageId } from '../work/drafts.ts';
import type { CanvasBridge } from './bridge.ts';

/** As for frames: the canvas ends each export within two minutes. */
const CANVAS_MS = 150_000;

type LayoutResult = Extract<MainToUi, { type: 'layout-exported' }>['result'];

/** @param side image pixels that the layer's longer side is to have at least */
export function exportedLayout(bridge: CanvasBridge, nodeId: string, side: number): Promise<LayoutResult> {
  const exportId = newImageId();
  return new Promise((resolve) => {
    const end = (result: LayoutResult) => {
      clearTimeout(silence);
      stop();
      resolve(result);
    };
    const silence = setTimeout(() => end({ fault: 'slow', name: '' }), CANVAS_MS);
    const stop = bridge.listen((message) => {
      if (message.type === 'layout-exported' && message.exportId === exportId) end(message.result);
    });
    bridge.send({ type: 'export-layout', exportId, nodeId, side });
  });
}

/** A PNG as large as the layout's: white where the layer is, turned as it is, and black elsewhere. */
export async function layerMask(layout: Uint8Array, place: Affine): Promise<Blob> {
  const { width, height } = pngSize(layout);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.fillStyle = 'black';
  context.fillRect(0, 0, width, height);
  const [[a, c, e], [b, d, f]] = place;
  context.setTransform(a * width, b * height, c * width, d * height, e * width, f * height);
  context.fillStyle = 'white';
  context.fillRect(0, 0, 1, 1);
  return canvas.convertToBlob({ type: 'image/png' });
}

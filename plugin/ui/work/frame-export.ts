import type { CanvasBridge } from '../canvas/bridge.ts';
import { newImageId } from './random-id.ts';

export interface ExportedFrame {
  readonly nodeId: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Frames as PNGs, in the order asked for; those that the canvas could not render are left out. */
export function exportFrames(
  bridge: CanvasBridge,
  nodeIds: readonly string[],
  longestSide: number,
): Promise<readonly ExportedFrame[]> {
  const exportId = newImageId();
  return new Promise((resolve) => {
    const frames: ExportedFrame[] = [];
    const stop = bridge.listen((message) => {
      if (message.type === 'exported' && message.exportId === exportId) {
        frames.push({ nodeId: message.nodeId, name: message.name, bytes: message.bytes });
      } else if (message.type === 'export-done' && message.exportId === exportId) {
        stop();
        resolve(frames);
      }
    });
    bridge.send({ type: 'export', exportId, nodeIds, longestSide });
  });
}

/** Width and height stand at a fixed place in every PNG. Image pixels. */
export function pngSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

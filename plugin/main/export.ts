import type { MainToUi, UiToMain } from '../messages.ts';
import type { CanvasNode, FigmaSurface } from './figma-surface.ts';
import { pause } from './turn.ts';

type ExportMessage = Extract<UiToMain, { type: 'export' }>;

/** Exports frames as the companion wants them, one picture a message. */
export async function exportFrames(
  surface: FigmaSurface,
  { exportId, nodeIds, longestSide }: ExportMessage,
  send: (message: MainToUi) => void,
): Promise<void> {
  const failed: string[] = [];
  for (const nodeId of nodeIds) {
    await pause();
    const node = await surface.getNodeByIdAsync(nodeId);
    const bytes = node !== null && isCanvasNode(node) ? await exportPng(node, longestSide) : undefined;
    if (bytes === undefined) failed.push(nodeId);
    else send({ type: 'exported', exportId, nodeId, name: (node as CanvasNode).name, bytes });
  }
  send({ type: 'export-done', exportId, failed });
}

/** A PNG in sRGB with its alpha; undefined where Figma cannot render the node (nothing visible in it). */
export async function exportPng(node: CanvasNode, longestSide: number): Promise<Uint8Array | undefined> {
  const type = node.width >= node.height ? 'WIDTH' : 'HEIGHT';
  try {
    return await node.exportAsync({
      format: 'PNG',
      colorProfile: 'SRGB',
      constraint: { type, value: longestSide },
    });
  } catch {
    return undefined;
  }
}

function isCanvasNode(node: { readonly type: string }): node is CanvasNode {
  return node.type !== 'PAGE' && node.type !== 'DOCUMENT';
}

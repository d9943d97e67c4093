import type { FailedExport, MainToUi, SelectedFrame, UiToMain } from '../messages.ts';
import type { CanvasNode, FigmaSurface } from './figma-surface.ts';
import { exportPng, seenBounds } from './frame-export.ts';
import { selectedLayout } from './layout.ts';
import { pause } from './serial.ts';
import { RECORD_KEY } from './variant-batches.ts';

type ExportMessage = Extract<UiToMain, { type: 'export' }>;

/** Exports frames as the companion wants them, one picture a message. Always ends with `export-done`. */
export async function exportFrames(
  surface: FigmaSurface,
  { exportId, nodeIds, longestSide }: ExportMessage,
  send: (message: MainToUi) => void,
): Promise<void> {
  const failed: FailedExport[] = [];
  for (const nodeId of nodeIds) {
    await pause();
    const node = await surface.getNodeByIdAsync(nodeId).catch(() => null);
    if (node === null || !isCanvasNode(node) || node.removed) {
      failed.push({ nodeId, name: '', fault: 'gone' });
      continue;
    }
    const { name } = node;
    const { bytes, fault } = await exportPng(node, longestSide);
    if (fault === undefined) send({ type: 'exported', exportId, nodeId, name, bytes });
    else failed.push({ nodeId, name, fault });
  }
  send({ type: 'export-done', exportId, failed });
}

function isCanvasNode(node: { readonly type: string }): node is CanvasNode {
  return node.type !== 'PAGE' && node.type !== 'DOCUMENT';
}

/** Dragging a selection rectangle changes the selection many times a second. */
const SETTLE_MS = 120;
const THUMBNAIL_PX = 128;
/** As many frames as a concept can be taught from; more thumbnails would only be scrolled past. */
const THUMBNAILS = 32;

/** Sends the selection to the UI, at once and whenever it changes. Returns a function that sends it again. */
export function followSelection(
  surface: FigmaSurface,
  send: (message: MainToUi) => void,
): () => Promise<void> {
  let turn = 0;
  let timer: number | undefined;

  async function show(): Promise<void> {
    const current = ++turn;
    const nodes = surface.currentPage.selection.filter(hasArea);
    const record = nodes.length === 1 ? nodes[0]!.getPluginData(RECORD_KEY) : '';
    send({ type: 'selection', frames: nodes.map(frameOf), record: record === '' ? null : record });
    send(selectedLayout(surface));
    for (const node of nodes.slice(0, THUMBNAILS)) {
      await pause();
      if (current !== turn) return;
      if (node.removed) continue;
      const { bytes = null } = await exportPng(node, THUMBNAIL_PX);
      send({ type: 'thumbnail', nodeId: node.id, bytes });
    }
  }

  function changed(): void {
    turn++;
    if (timer !== undefined) clearTimeout(timer);
    timer = setTimeout(show, SETTLE_MS);
  }

  surface.on('selectionchange', changed);
  surface.on('currentpagechange', changed);
  return show;
}

/** A line has a height of 0, and is seen by its stroke. */
function hasArea(node: CanvasNode): boolean {
  const { width, height } = seenBounds(node) ?? node;
  return width >= 1 && height >= 1;
}

function frameOf(node: CanvasNode): SelectedFrame {
  const { id, name } = node;
  const { width, height } = node.absoluteBoundingBox ?? node;
  return { nodeId: id, name, width, height, isVariant: node.getPluginData(RECORD_KEY) !== '' };
}

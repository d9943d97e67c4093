/**
 * PNG exports of layers. The size asked for is of the picture that Figma renders, which need not have the layer's width
 * and height: those are from before it was turned, and without shadows and outer strokes. Every export ends.
 */

import { pngSize } from '../../shared/image-kind.ts';
import type { ExportFault } from '../layout-messages.ts';
import type { Bounds, CanvasNode, PngExport } from './figma-surface.ts';

/** A frame of thousands of layers takes seconds; one that takes longer than this would never end. */
const EXPORT_MS = 60_000;

/** Figma rounds each side, and up at the scales of small pictures. */
const ROUNDING_PX = 2;

type Exported =
  | { readonly bytes: Uint8Array; readonly fault?: undefined }
  | { readonly bytes?: undefined; readonly fault: ExportFault };

/** Canvas pixels: what a layer takes of the canvas, turned as it is; null for one that takes nothing. */
export function seenBounds(node: CanvasNode): Bounds | null {
  // Sections and slices render nothing of their own.
  return node.absoluteRenderBounds ?? node.absoluteBoundingBox;
}

/** A PNG in sRGB with its alpha, no side longer than `longestSide` image pixels. */
export async function exportPng(node: CanvasNode, longestSide: number): Promise<Exported> {
  const bounds = seenBounds(node);
  if (bounds === null || !(Math.max(bounds.width, bounds.height) > 0)) return { fault: 'empty' };
  const first = bounds.width >= bounds.height ? 'WIDTH' : 'HEIGHT';
  // Where the bounds were not those of the picture: clips and effects of plugins of others are not foreseen.
  const second = first === 'WIDTH' ? 'HEIGHT' : 'WIDTH';
  for (const type of [first, second] as const) {
    const bytes = await rendered(node, { type, value: longestSide });
    if (typeof bytes === 'string') return { fault: bytes };
    if (fits(bytes, longestSide)) return { bytes };
  }
  return { fault: 'failed' };
}

function fits(png: Uint8Array, longestSide: number): boolean {
  if (png.length < PNG_HEAD_BYTES) return false;
  const { width, height } = pngSize(png);
  return Math.min(width, height) > 0 && Math.max(width, height) <= longestSide + ROUNDING_PX;
}

/** Signature, and the chunk that has the size. */
const PNG_HEAD_BYTES = 33;

async function rendered(
  node: CanvasNode,
  constraint: PngExport['constraint'],
): Promise<Uint8Array | ExportFault> {
  let end: (fault: ExportFault) => void;
  const late = new Promise<ExportFault>((resolve) => {
    end = resolve;
  });
  const timer = setTimeout(() => end('slow'), EXPORT_MS);
  try {
    return await Promise.race([node.exportAsync({ format: 'PNG', colorProfile: 'SRGB', constraint }), late]);
  } catch {
    if (node.removed) return 'gone';
    return node.visible ? 'failed' : 'empty';
  } finally {
    clearTimeout(timer);
  }
}

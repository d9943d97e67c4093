import { imageKind } from '../../../shared/image-kind.ts';
import { type NodeRecord, PAGE_ID } from '../document/node-record.ts';
import { unionOf } from '../document/scene.ts';
import type { Box } from '../document/transform.ts';
import type { Workspace } from '../document/workspace.ts';
import { FIGMA_IMAGE_MAX_SIDE } from '../figma/limits.ts';
import { pictureHash } from '../figma/picture-handle.ts';
import { isGif, pictureSize } from '../figma/picture-size.ts';
import type { PictureStore } from '../store/picture-store.ts';
import type { Point } from './camera.ts';

const GAP = 24;
/** A row of this many frames reads as a row; then a new one begins. */
const FRAMES_A_ROW = 5;

interface Imported {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface ImportOutcome {
  readonly ids: readonly string[];
  /** Names of files that are no pictures. */
  readonly refused: readonly string[];
}

/**
 * Puts picture files on the canvas as frames, one undo step, and selects them. Pictures stay byte for byte as they
 * are, except those that Figma would convert too: larger than 4096 px, or of a format it does not keep.
 */
export async function importPictures(
  files: readonly File[],
  at: Point | undefined,
  workspace: Workspace,
  pictures: PictureStore,
): Promise<ImportOutcome> {
  const read = await Promise.all(files.map((file) => imported(file).catch(() => undefined)));
  const good = read.filter((picture) => picture !== undefined);
  const origin = at ?? placeBeside(workspace);
  const nodes = laidOut(good, origin, workspace, pictures);
  workspace.act(nodes.map((node) => ({ kind: 'create', node }) as const));
  if (nodes.length > 0) workspace.selection.value = nodes.map(({ id }) => id);
  return {
    ids: nodes.map(({ id }) => id),
    refused: files.filter((_, index) => !read[index]).map(({ name }) => name),
  };
}

/** Undefined for what is no picture. */
async function imported(file: File): Promise<Imported | undefined> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const name = file.name.replace(/\.[^.]+$/, '') || 'Picture';
  // Before any decoder sees it.
  if (imageKind(bytes) === undefined && !isGif(bytes)) return undefined;
  const size = pictureSize(bytes);
  if (size && Math.max(size.width, size.height) <= FIGMA_IMAGE_MAX_SIDE) {
    // A header can promise a picture that the rest does not hold.
    (await createImageBitmap(file)).close();
    return { name, bytes, ...size };
  }
  return { name, ...(await converted(file)) };
}

async function converted(file: File): Promise<Omit<Imported, 'name'>> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, FIGMA_IMAGE_MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return { bytes: new Uint8Array(await blob.arrayBuffer()), width: canvas.width, height: canvas.height };
}

/** Below everything that is there. */
function placeBeside(workspace: Workspace): Point {
  const taken = unionOf(workspace.scene.children(PAGE_ID).map((node) => workspace.scene.bounds(node)));
  return taken ? { x: taken.x, y: taken.y + taken.height + 3 * GAP } : { x: 0, y: 0 };
}

function laidOut(
  read: readonly Imported[],
  origin: Point,
  workspace: Workspace,
  pictures: PictureStore,
): readonly NodeRecord[] {
  let { x, y } = origin;
  let rowHeight = 0;
  return read.map(({ name, bytes, width, height }, index) => {
    if (index > 0 && index % FRAMES_A_ROW === 0) {
      x = origin.x;
      y += rowHeight + 2 * GAP;
      rowHeight = 0;
    }
    const box: Box = { x: Math.round(x), y: Math.round(y), width, height };
    x += width + GAP;
    rowHeight = Math.max(rowHeight, height);
    const imageHash = pictureHash(bytes);
    pictures.add(imageHash, bytes);
    return workspace.draft(box, name, [{ type: 'IMAGE', scaleMode: 'FILL', imageHash }]);
  });
}

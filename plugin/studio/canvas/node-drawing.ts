import type { Colour, Lettering, NodeRecord, Paint, PicturePaint } from '../document/node-record.ts';
import type { Scene } from '../document/scene.ts';
import { rotationOf } from '../document/transform.ts';
import type { PictureStore } from '../store/picture-store.ts';

export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

function cssColour({ r, g, b }: Colour, opacity = 1): string {
  return `rgb(${r * 255} ${g * 255} ${b * 255} / ${opacity})`;
}

/** Draws a node and its children, turned about its top left at the context's origin. Pictures that are not decoded are left out. */
export function drawNode(context: Context, node: NodeRecord, scene: Scene, pictures: PictureStore): void {
  if (!node.visible || node.opacity === 0) return;
  context.save();
  context.rotate(-rotationOf(node));
  context.globalAlpha *= node.opacity;
  context.globalCompositeOperation = operationOf(node);
  outline(context, node);
  context.save();
  context.clip();
  if (node.lettering === undefined) for (const paint of node.fills) fill(context, node, paint, pictures);
  else letter(context, node, node.lettering);
  context.restore();
  context.save();
  if (node.clipsContent) context.clip();
  for (const child of scene.children(node.id)) {
    context.save();
    context.translate(child.x, child.y);
    drawNode(context, child, scene, pictures);
    context.restore();
  }
  context.restore();
  stroke(context, node);
  context.restore();
}

/** Operation by which a node's own paints meet what is below; frames pass theirs through. */
function operationOf({ blendMode = 'NORMAL' }: NodeRecord): GlobalCompositeOperation {
  if (blendMode === 'NORMAL' || blendMode === 'PASS_THROUGH') return 'source-over';
  return blendMode.toLowerCase() as GlobalCompositeOperation;
}

/** Distance between baselines, in font sizes. */
const LEADING = 1.25;

/** Words of a text, broken into lines of its width. */
function letter(context: Context, node: NodeRecord, { characters, fontSize }: Lettering): void {
  const [paint] = node.fills;
  if (paint?.type !== 'SOLID' || paint.visible === false) return;
  context.font = `${fontSize}px Inter, system-ui, sans-serif`;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  context.fillStyle = cssColour(paint.color, paint.opacity);
  const lines = characters.split('\n').flatMap((line) => broken(context, line, node.width));
  for (const [index, line] of lines.entries()) context.fillText(line, 0, index * fontSize * LEADING);
}

function broken(context: Context, line: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length === 0 || context.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function outline(context: Context, { width, height, cornerRadius }: NodeRecord): void {
  context.beginPath();
  context.roundRect(0, 0, width, height, Math.min(cornerRadius, width / 2, height / 2));
}

function stroke(context: Context, node: NodeRecord): void {
  for (const paint of node.strokes) {
    if (paint.type !== 'SOLID' || paint.visible === false) continue;
    outline(context, node);
    context.setLineDash([...node.dashPattern]);
    context.lineWidth = node.strokeWeight;
    context.strokeStyle = cssColour(paint.color, paint.opacity);
    context.stroke();
  }
}

function fill(context: Context, node: NodeRecord, paint: Paint, pictures: PictureStore): void {
  if (paint.visible === false) return;
  if (paint.type === 'SOLID') {
    context.fillStyle = cssColour(paint.color, paint.opacity);
    context.fillRect(0, 0, node.width, node.height);
    return;
  }
  const bitmap = paint.imageHash ? pictures.bitmap(paint.imageHash) : undefined;
  if (!bitmap) return;
  context.save();
  context.globalAlpha *= paint.opacity ?? 1;
  context.imageSmoothingQuality = 'high';
  picture(context, node, paint, bitmap);
  context.restore();
}

/** FILL covers the node and is cut off, FIT shows all of the picture, TILE repeats it, CROP shows a part of it. */
function picture(
  context: Context,
  node: NodeRecord,
  { scaleMode, imageTransform }: PicturePaint,
  bitmap: ImageBitmap,
): void {
  if (scaleMode === 'CROP' && imageTransform !== undefined) {
    const [[a, c, e], [b, d, f]] = imageTransform;
    const toPicture = new DOMMatrix([a, b, c, d, e, f]);
    context.scale(node.width, node.height);
    // A transform that cannot be turned round shows nothing: the browser makes it one of NaN.
    const { a: p, b: q, c: r, d: s, e: t, f: u } = toPicture.inverse();
    context.transform(p, q, r, s, t, u);
    context.drawImage(bitmap, 0, 0, 1, 1);
    return;
  }
  if (scaleMode === 'TILE') {
    context.fillStyle = context.createPattern(bitmap, 'repeat')!;
    context.fillRect(0, 0, node.width, node.height);
    return;
  }
  const across = node.width / bitmap.width;
  const down = node.height / bitmap.height;
  const scale = scaleMode === 'FIT' ? Math.min(across, down) : Math.max(across, down);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.drawImage(bitmap, (node.width - width) / 2, (node.height - height) / 2, width, height);
}

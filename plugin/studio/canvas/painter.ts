import type { NodeRecord } from '../document/node-record.ts';
import { PAGE_ID } from '../document/node-record.ts';
import { unionOf } from '../document/scene.ts';
import type { Box } from '../document/transform.ts';
import type { Workspace } from '../document/workspace.ts';
import { hashesIn, type PictureStore } from '../store/picture-store.ts';
import type { Camera } from './camera.ts';
import { overlaps } from './hit-test.ts';
import { drawNode } from './node-drawing.ts';

/** Colours of the canvas itself; the panels around it have theirs in CSS. */
export interface CanvasPalette {
  readonly ground: string;
  readonly label: string;
  readonly accent: string;
  readonly accentWash: string;
}

export interface Overlay {
  readonly hovered: string | undefined;
  readonly marquee: Box | undefined;
  /** A frame being drawn. */
  readonly drawing: Box | undefined;
}

const LABEL_FONT = '11px Inter, system-ui, sans-serif';
const LABEL_GAP = 6;
const BADGE = { height: 16, padding: 5, gap: 6, radius: 3 } as const;

export class Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #camera: Camera;
  readonly #pictures: PictureStore;
  readonly #redraw: () => void;

  constructor(canvas: HTMLCanvasElement, camera: Camera, pictures: PictureStore, redraw: () => void) {
    this.#context = canvas.getContext('2d')!;
    this.#camera = camera;
    this.#pictures = pictures;
    this.#redraw = redraw;
  }

  draw(workspace: Workspace, palette: CanvasPalette, overlay: Overlay): void {
    const context = this.#context;
    const { x, y, zoom } = this.#camera.state.value;
    const density = devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = palette.ground;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    for (const node of workspace.scene.children(PAGE_ID)) {
      if (!overlaps(workspace.scene.bounds(node), this.#camera.bounds)) continue;
      this.#ask(workspace, node);
      context.setTransform(
        density * zoom,
        0,
        0,
        density * zoom,
        density * zoom * (node.x - x),
        density * zoom * (node.y - y),
      );
      drawNode(context, node, workspace.scene, this.#pictures);
    }
    context.setTransform(density, 0, 0, density, 0, 0);
    this.#labels(workspace, palette);
    this.#marks(workspace, palette, overlay);
  }

  /** Pictures that are in the document but not decoded yet: drawn when they are. */
  #ask(workspace: Workspace, node: NodeRecord): void {
    for (const hash of hashesIn(workspace.scene.subtree(node.id))) {
      if (!this.#pictures.bitmap(hash)) {
        this.#pictures.decoded(hash).then((bitmap) => bitmap && this.#redraw());
      }
    }
  }

  #screen(box: Box): Box {
    const { x, y, zoom } = this.#camera.state.value;
    return {
      x: (box.x - x) * zoom,
      y: (box.y - y) * zoom,
      width: box.width * zoom,
      height: box.height * zoom,
    };
  }

  #labels(workspace: Workspace, palette: CanvasPalette): void {
    const context = this.#context;
    context.font = LABEL_FONT;
    context.textBaseline = 'alphabetic';
    context.textAlign = 'left';
    const selected = workspace.selection.value;
    // A mask lies over its picture: of layers that begin at one point the lowest has its name there.
    const taken = new Set<string>();
    for (const node of workspace.scene.children(PAGE_ID)) {
      const box = this.#screen(workspace.scene.bounds(node));
      const place = `${Math.round(box.x)} ${Math.round(box.y)}`;
      if (box.width < 24 || taken.has(place)) continue;
      taken.add(place);
      context.fillStyle = selected.includes(node.id) ? palette.accent : palette.label;
      context.fillText(shortened(context, node.name, box.width), box.x, box.y - LABEL_GAP);
    }
  }

  #marks(workspace: Workspace, palette: CanvasPalette, { hovered, marquee, drawing }: Overlay): void {
    const context = this.#context;
    const { scene } = workspace;
    context.strokeStyle = palette.accent;
    const selected = workspace.selectedNodes().map((node) => scene.bounds(node));
    const hover = hovered ? scene.get(hovered) : undefined;
    if (hover) this.#outline(scene.bounds(hover), 2);
    for (const box of selected) this.#outline(box, 1.5);
    const union = unionOf(selected);
    if (union && selected.length > 1) this.#outline(union, 1);
    if (union) this.#sizeBadge(union, palette);
    for (const box of [marquee, drawing]) {
      if (!box) continue;
      const { x, y, width, height } = this.#screen(box);
      context.fillStyle = palette.accentWash;
      context.fillRect(x, y, width, height);
      this.#outline(box, 1);
    }
    if (drawing) this.#sizeBadge(drawing, palette);
  }

  #outline(box: Box, lineWidth: number): void {
    const { x, y, width, height } = this.#screen(box);
    this.#context.lineWidth = lineWidth;
    this.#context.strokeRect(Math.round(x), Math.round(y), Math.round(width), Math.round(height));
  }

  #sizeBadge(box: Box, palette: CanvasPalette): void {
    const context = this.#context;
    const { x, y, width, height } = this.#screen(box);
    const text = `${Math.round(box.width)} × ${Math.round(box.height)}`;
    context.font = LABEL_FONT;
    const badgeWidth = context.measureText(text).width + 2 * BADGE.padding;
    const left = x + width / 2 - badgeWidth / 2;
    const top = y + height + BADGE.gap;
    context.fillStyle = palette.accent;
    context.beginPath();
    context.roundRect(left, top, badgeWidth, BADGE.height, BADGE.radius);
    context.fill();
    context.fillStyle = 'white';
    context.fillText(text, left + BADGE.padding, top + 12);
  }
}

function shortened(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let kept = text;
  while (kept.length > 1 && context.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}

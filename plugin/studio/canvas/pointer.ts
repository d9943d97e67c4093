import { signal } from '@preact/signals';
import type { NodeRecord } from '../document/node-record.ts';
import type { Box } from '../document/transform.ts';
import { moves, type Workspace } from '../document/workspace.ts';
import type { Camera, Point } from './camera.ts';
import { boxBetween, nodeAt, nodesIn } from './hit-test.ts';

export type Tool = 'select' | 'frame' | 'rectangle' | 'hand';

/** Below this many screen pixels a press is a click and no drag. */
const DRAG_MIN = 3;
/** Layers that are drawn, by tool. The side is of one that is placed by a click alone, in canvas pixels. */
const DRAWN = {
  frame: { type: 'FRAME', name: 'Frame', grey: 1, side: 512 },
  rectangle: { type: 'RECTANGLE', name: 'Rectangle', grey: 0.85, side: 256 },
} as const;

type Gesture =
  | { readonly kind: 'pan' }
  | { readonly kind: 'move'; readonly nodes: readonly NodeRecord[]; readonly pressed: NodeRecord }
  | { readonly kind: 'marquee'; readonly kept: readonly string[] }
  | { readonly kind: 'draw'; readonly drawn: (typeof DRAWN)[keyof typeof DRAWN] };

export interface Press {
  /** CSS pixels inside the canvas. */
  readonly at: Point;
  readonly shift: boolean;
  /** Middle button, or the space bar held. */
  readonly pan: boolean;
}

/** Gestures of mouse, pen or finger on the canvas. */
export class Pointer {
  readonly tool = signal<Tool>('select');
  readonly hovered = signal<string | undefined>(undefined);
  readonly marquee = signal<Box | undefined>(undefined);
  readonly drawing = signal<Box | undefined>(undefined);
  readonly #workspace: Workspace;
  readonly #camera: Camera;
  #gesture: Gesture | undefined;
  #pressedAt: Point = { x: 0, y: 0 };
  #lastAt: Point = { x: 0, y: 0 };
  #dragged = false;

  constructor(workspace: Workspace, camera: Camera) {
    this.#workspace = workspace;
    this.#camera = camera;
  }

  press({ at, shift, pan }: Press): void {
    this.#pressedAt = at;
    this.#lastAt = at;
    this.#dragged = false;
    const tool = this.tool.value;
    if (pan || tool === 'hand') this.#gesture = { kind: 'pan' };
    else if (tool === 'select') this.#pressToSelect(at, shift);
    else this.#gesture = { kind: 'draw', drawn: DRAWN[tool] };
  }

  #pressToSelect(at: Point, shift: boolean): void {
    const { scene, selection } = this.#workspace;
    const pressed = nodeAt(scene, this.#camera.toCanvas(at));
    const selected = selection.value;
    if (!pressed) {
      if (!shift) selection.value = [];
      this.#gesture = { kind: 'marquee', kept: shift ? selected : [] };
      return;
    }
    const within = selected.includes(pressed.id);
    if (shift) {
      selection.value = within ? selected.filter((id) => id !== pressed.id) : [...selected, pressed.id];
    } else if (!within) selection.value = [pressed.id];
    this.#gesture = { kind: 'move', nodes: this.#workspace.selectedNodes(), pressed };
  }

  move(at: Point): void {
    if (!this.#gesture) {
      this.hovered.value =
        this.tool.value === 'select'
          ? nodeAt(this.#workspace.scene, this.#camera.toCanvas(at))?.id
          : undefined;
      return;
    }
    const moved = Math.hypot(at.x - this.#pressedAt.x, at.y - this.#pressedAt.y);
    this.#dragged ||= moved >= DRAG_MIN;
    if (this.#dragged) this.#drag(this.#gesture, at);
    this.#lastAt = at;
  }

  #drag(gesture: Gesture, at: Point): void {
    const from = this.#camera.toCanvas(this.#pressedAt);
    const box = boxBetween(from, this.#camera.toCanvas(at));
    switch (gesture.kind) {
      case 'pan':
        this.#camera.panBy(this.#lastAt.x - at.x, this.#lastAt.y - at.y);
        // The pressed point moved with the canvas.
        this.#pressedAt = at;
        break;
      case 'move':
        this.#workspace.preview(this.#movesTo(gesture.nodes, at));
        break;
      case 'marquee': {
        this.marquee.value = box;
        const touched = nodesIn(this.#workspace.scene, box).map(({ id }) => id);
        this.#workspace.selection.value = [...new Set([...gesture.kept, ...touched])];
        break;
      }
      case 'draw':
        this.drawing.value = wholePixels(box);
    }
  }

  #movesTo(nodes: readonly NodeRecord[], at: Point) {
    const { zoom } = this.#camera.state.value;
    return moves(nodes, (at.x - this.#pressedAt.x) / zoom, (at.y - this.#pressedAt.y) / zoom);
  }

  release(at: Point, shift: boolean): void {
    const gesture = this.#gesture;
    this.#gesture = undefined;
    if (gesture?.kind === 'move') {
      if (this.#dragged) this.#workspace.settle(this.#movesTo(gesture.nodes, at));
      // A click on one of several selected frames selects it alone, but only once it is clear that it was no drag.
      else if (!shift) this.#workspace.selection.value = [gesture.pressed.id];
    }
    if (gesture?.kind === 'draw') this.#add(gesture.drawn, at);
    this.marquee.value = undefined;
    this.drawing.value = undefined;
  }

  #add({ type, name, grey, side }: (typeof DRAWN)[keyof typeof DRAWN], at: Point): void {
    const { x, y } = this.#camera.toCanvas(at);
    const drawn = this.drawing.value;
    const box =
      drawn && drawn.width >= 1 && drawn.height >= 1
        ? drawn
        : wholePixels({
            x: x - side / 2,
            y: y - side / 2,
            width: side,
            height: side,
          });
    const colour = { type: 'SOLID', color: { r: grey, g: grey, b: grey } } as const;
    const node = this.#workspace.draft(box, name, [colour], type);
    this.#workspace.act([{ kind: 'create', node }]);
    this.#workspace.selection.value = [node.id];
    this.tool.value = 'select';
  }
}

function wholePixels({ x, y, width, height }: Box): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
}

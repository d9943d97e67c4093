import { signal } from '@preact/signals';
import type { Box } from '../document/transform.ts';

const ZOOM_MIN = 0.02;
const ZOOM_MAX = 64;
/** Room left around what is brought into view, in screen pixels. */
const MARGIN = 64;
/** Small pictures are not blown up when they are brought into view. */
const FIT_ZOOM_MAX = 1;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface CameraState {
  /** The canvas point at the top left of the window. */
  readonly x: number;
  readonly y: number;
  /** Screen pixels a canvas pixel. */
  readonly zoom: number;
}

/** The view of the canvas. Canvas points are document pixels; screen points are CSS pixels inside the canvas. */
export class Camera {
  readonly state = signal<CameraState>({ x: -MARGIN, y: -MARGIN, zoom: 1 });
  /** CSS pixels. */
  readonly size = signal({ width: 1, height: 1 });

  toCanvas(screen: Point): Point {
    const { x, y, zoom } = this.state.value;
    return { x: x + screen.x / zoom, y: y + screen.y / zoom };
  }

  get bounds(): Box {
    const { x, y, zoom } = this.state.value;
    const { width, height } = this.size.value;
    return { x, y, width: width / zoom, height: height / zoom };
  }

  panBy(dx: number, dy: number): void {
    const { x, y, zoom } = this.state.value;
    this.state.value = { x: x + dx / zoom, y: y + dy / zoom, zoom };
  }

  /** The canvas point under `at` stays under it. */
  zoomAt(at: Point, factor: number): void {
    this.zoomTo(this.state.value.zoom * factor, at);
  }

  zoomTo(wanted: number, at: Point = this.#middle): void {
    const zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, wanted));
    const fixed = this.toCanvas(at);
    this.state.value = { x: fixed.x - at.x / zoom, y: fixed.y - at.y / zoom, zoom };
  }

  /** Centres a box, at the largest zoom that shows all of it, or at the one asked for. */
  lookAt(box: Box, wanted?: number): void {
    const { width, height } = this.size.value;
    const room = { width: Math.max(1, width - 2 * MARGIN), height: Math.max(1, height - 2 * MARGIN) };
    const fit = Math.min(FIT_ZOOM_MAX, room.width / box.width, room.height / box.height);
    const zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, wanted ?? fit));
    this.state.value = {
      x: box.x + box.width / 2 - width / zoom / 2,
      y: box.y + box.height / 2 - height / zoom / 2,
      zoom,
    };
  }

  get #middle(): Point {
    const { width, height } = this.size.value;
    return { x: width / 2, y: height / 2 };
  }
}

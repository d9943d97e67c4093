import { unionOf } from '../document/scene.ts';
import type { Box } from '../document/transform.ts';
import { refusal } from './node-checks.ts';
import type { SandboxDocument } from './sandbox-document.ts';
import type { SceneNodeHandle } from './scene-node-handle.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** `figma.viewport`. */
export class Viewport {
  readonly #document: SandboxDocument;

  constructor(document: SandboxDocument) {
    this.#document = document;
  }

  get bounds(): Box {
    return { ...this.#document.host.view().bounds };
  }

  get center(): Point {
    const { x, y, width, height } = this.bounds;
    return { x: x + width / 2, y: y + height / 2 };
  }
  set center(point: Point) {
    const { width, height } = this.bounds;
    const box = { x: point.x - width / 2, y: point.y - height / 2, width, height };
    this.#document.host.lookAt(box, this.zoom);
  }

  get zoom(): number {
    return this.#document.host.view().zoom;
  }
  set zoom(value: number) {
    if (!(value > 0)) throw refusal('set_zoom', `${value} is not positive`);
    this.#document.host.lookAt(this.bounds, value);
  }

  scrollAndZoomIntoView(nodes: readonly SceneNodeHandle[]): void {
    const box = unionOf(nodes.map((node) => node.absoluteBoundingBox));
    if (box) this.#document.host.lookAt(box);
  }
}

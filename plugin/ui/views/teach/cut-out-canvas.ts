/**
 * CutOutCanvas: a cut-out that can be corrected. Strokes are kept as strokes, and drawn again for an undo: copies of the
 * pixels would take megabytes each.
 */

import type { CutOut } from '../../work/teach/cut-outs.ts';

export type BrushTool = 'erase' | 'restore';

export interface Brush {
  readonly tool: BrushTool;
  /** Share of the picture's width. */
  readonly size: number;
}

interface Stroke extends Brush {
  readonly points: { readonly x: number; readonly y: number }[];
}

export class CutOutCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #image: ImageBitmap | undefined;
  #photo: CanvasPattern | null = null;
  #strokes: Stroke[] = [];
  #current: Stroke | undefined;
  #isClosed = false;

  constructor(canvas: HTMLCanvasElement, cutOut: CutOut) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
    void this.#load(cutOut);
  }

  get strokeCount(): number {
    return this.#strokes.length;
  }

  begin(event: PointerEvent, brush: Brush): void {
    if (this.#image === undefined) return;
    this.#current = { ...brush, points: [this.#at(event)] };
    this.#draw(this.#current);
  }

  move(event: PointerEvent): void {
    if (this.#current === undefined) return;
    this.#current.points.push(this.#at(event));
    this.#draw({ ...this.#current, points: this.#current.points.slice(-2) });
  }

  /** True where there was a stroke. */
  end(): boolean {
    if (this.#current === undefined) return false;
    this.#strokes.push(this.#current);
    this.#current = undefined;
    return true;
  }

  undo(): void {
    this.#strokes.pop();
    this.#redraw();
  }

  toBlob(): Promise<Blob> {
    return new Promise((resolve, reject) => {
      this.#canvas.toBlob((blob) => (blob === null ? reject(new Error('internal: no PNG')) : resolve(blob)));
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#image?.close();
    this.#image = undefined;
  }

  async #load({ image, photo }: CutOut): Promise<void> {
    const bitmap = await createImageBitmap(image);
    const whole = await createImageBitmap(photo, { resizeWidth: bitmap.width, resizeHeight: bitmap.height });
    if (this.#isClosed) return bitmap.close();
    this.#image = bitmap;
    this.#canvas.width = bitmap.width;
    this.#canvas.height = bitmap.height;
    this.#photo = this.#context.createPattern(whole, 'no-repeat');
    this.#redraw();
  }

  #redraw(): void {
    const { width, height } = this.#canvas;
    this.#context.globalCompositeOperation = 'source-over';
    this.#context.clearRect(0, 0, width, height);
    if (this.#image !== undefined) this.#context.drawImage(this.#image, 0, 0);
    for (const stroke of this.#strokes) this.#draw(stroke);
  }

  #draw({ tool, size, points }: Stroke): void {
    const context = this.#context;
    context.globalCompositeOperation = tool === 'erase' ? 'destination-out' : 'source-over';
    context.strokeStyle = tool === 'erase' || this.#photo === null ? '#000' : this.#photo;
    context.lineWidth = size * this.#canvas.width;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    const [first, ...rest] = points;
    context.moveTo(first!.x, first!.y);
    // A dot where nothing was moved.
    if (rest.length === 0) context.lineTo(first!.x, first!.y);
    for (const { x, y } of rest) context.lineTo(x, y);
    context.stroke();
  }

  /** In the picture's pixels. */
  #at({ clientX, clientY }: PointerEvent): { readonly x: number; readonly y: number } {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return {
      x: ((clientX - left) / width) * this.#canvas.width,
      y: ((clientY - top) / height) * this.#canvas.height,
    };
  }
}

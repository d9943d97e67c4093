import { bodyOf } from './body.ts';
import { framed } from './camera.ts';
import type { Picture } from './picture.ts';
import type { Specimen } from './specimen.ts';
import { Tracer } from './tracer.ts';

/** Where neighbours differ by more than this (of 255), a pixel is worth more rays. */
const edgeThreshold = 14;

export interface RenderOptions {
  /** An edge pixel gets the square of this many rays: 2 is enough to train on, 4 to look at. */
  readonly raysAcrossEdge?: number;
  /** Leaves the scene out: pixels show the products' own colour, black where there is none (straight alpha). */
  readonly cutOut?: boolean;
}

export function render({ placed, setting }: Specimen, size: number, options: RenderOptions = {}): Picture {
  const raysAcrossEdge = options.raysAcrossEdge ?? 2;
  const bodies = placed.map(bodyOf);
  const tracer = new Tracer(bodies, setting, framed(bodies, setting));
  const rgb = new Uint8Array(size * size * 3);
  const mask = new Uint8Array(size * size);
  const masks = bodies.map(() => new Uint8Array(size * size));
  const hits = new Uint8Array(bodies.length);

  /** Fills one pixel with the mean of a grid of rays. */
  const paint = (pixel: number, rays: number) => {
    hits.fill(0);
    let covered = 0;
    let counted = 0;
    const sum = [0, 0, 0];
    for (let ray = 0; ray < rays * rays; ray++) {
      const i = (pixel % size) + ((ray % rays) + 0.5) / rays;
      const j = Math.floor(pixel / size) + (Math.floor(ray / rays) + 0.5) / rays;
      const { colour, product } = tracer.trace((i / size) * 2 - 1, 1 - (j / size) * 2);
      if (product !== undefined) {
        hits[product]!++;
        covered++;
      } else if (options.cutOut) continue;
      counted++;
      for (let k = 0; k < 3; k++) sum[k]! += Math.min(1, colour[k]!);
    }
    for (let k = 0; k < 3; k++) rgb[pixel * 3 + k] = 255 * Math.sqrt(sum[k]! / Math.max(1, counted)) + 0.5;
    mask[pixel] = (255 * covered) / (rays * rays) + 0.5;
    for (let n = 0; n < hits.length; n++) masks[n]![pixel] = (255 * hits[n]!) / (rays * rays) + 0.5;
  };

  for (let pixel = 0; pixel < size * size; pixel++) paint(pixel, 1);
  for (const pixel of edges(rgb, masks, size)) paint(pixel, raysAcrossEdge);
  return { size, rgb, mask, masks };
}

/** Pixels that differ from the one to the right or below, in colour or in what they show; both of the pair. */
function edges(rgb: Uint8Array, masks: readonly Uint8Array[], size: number): readonly number[] {
  const marked = new Uint8Array(size * size);
  for (let p = 0; p < size * size; p++) {
    for (const q of [p + 1, p + size]) {
      if (q >= size * size || (q === p + 1 && q % size === 0)) continue;
      let differs = false;
      for (const mask of masks) differs ||= mask[p] !== mask[q];
      for (let k = 0; k < 3; k++) differs ||= Math.abs(rgb[p * 3 + k]! - rgb[q * 3 + k]!) > edgeThreshold;
      if (differs) {
        marked[p] = 1;
        marked[q] = 1;
      }
    }
  }
  const found: number[] = [];
  for (let p = 0; p < marked.length; p++) if (marked[p] === 1) found.push(p);
  return found;
}

/** PictureTile: a picture of a job with its seed, and its concepts' masks as see-through pictures over it. */

import { useEffect, useRef } from 'preact/hooks';
import {
  type CellMask,
  isOutline,
  LOW_CONFIDENCE,
  MASK_DIM,
  MASK_TINT,
  sampleMask,
} from '../../../shared/mask.ts';
import type { MaskView, PictureView } from '../work/pictures.ts';
import { Icon } from './icon.tsx';

interface PictureTileProps {
  readonly view: PictureView | undefined;
  /** Its content, for a screen reader. */
  readonly label: string;
  readonly aspect: number;
  readonly showMask: boolean;
  readonly confidence: number | undefined;
  readonly seed: number | undefined;
  readonly onSelect: () => void;
}

export function PictureTile({ view, label, aspect, showMask, confidence, seed, onSelect }: PictureTileProps) {
  const isSure = confidence === undefined || confidence >= LOW_CONFIDENCE;
  return (
    <figure class="tile">
      <button
        type="button"
        class={view?.kind === 'final' ? 'tile-picture' : 'tile-picture pending'}
        style={{ aspectRatio: aspect }}
        title="Select on the canvas"
        disabled={view?.kind !== 'final'}
        onClick={onSelect}
      >
        {view === undefined ? null : <img src={view.url} alt={label} />}
        {showMask
          ? view?.masks.map((mask, index, { length }) => (
              <MaskOverlay
                key={mask.concept}
                mask={mask}
                index={index}
                isOnly={length === 1}
                aspect={aspect}
              />
            ))
          : null}
      </button>
      <figcaption>
        <span class="seed quiet">{seed === undefined ? 'Waiting' : `Seed ${seed}`}</span>
        {confidence === undefined ? null : (
          <span
            class={isSure ? 'confidence' : 'confidence low'}
            title="How clearly the model told the product from the scene."
          >
            {isSure ? null : <Icon name="warning" />}
            {isSure ? 'Mask ' : 'Unsure, '}
            {Math.round(confidence * 100)} %
          </span>
        )}
      </figcaption>
    </figure>
  );
}

type MaskColour = readonly [red: number, green: number, blue: number];

/**
 * RGBA, [height * width * 4]: `colour` on the product and around it, shade elsewhere.
 * @param dims whether what is outside is shaded: not where several masks lie over each other
 * @internal
 */
export function maskPixels(
  mask: CellMask,
  width: number,
  height: number,
  { colour, dims }: { readonly colour: MaskColour; readonly dims: boolean },
): Uint8ClampedArray<ArrayBuffer> {
  const share = sampleMask(mask, width, height);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const inside = share[pixel]!;
      const tint = isOutline(share, width, height, x, y) ? 1 : MASK_TINT * inside;
      // Colour over black: what both cover together, and how much of that is colour.
      const shade = dims ? MASK_DIM * (1 - inside) : 0;
      const alpha = tint + shade * (1 - tint);
      const ofColour = alpha === 0 ? 0 : tint / alpha;
      pixels.set(
        colour.map((part) => part * ofColour),
        pixel * 4,
      );
      pixels[pixel * 4 + 3] = 255 * alpha;
    }
  }
  return pixels;
}

/** One a concept of the prompt, distinct in hue and lightness. */
const MASK_COLOURS = [
  [255, 0, 142],
  [0, 190, 255],
  [255, 200, 0],
  [0, 220, 110],
] as const;
/** Longest side of the overlay, in pixels: a tile's, on a screen of two pixels a point. */
const MASK_SIDE = 360;

interface MaskOverlayProps {
  readonly mask: MaskView;
  readonly index: number;
  readonly isOnly: boolean;
  readonly aspect: number;
}

/** The mask of a concept: outlined and tinted, with the scene around it shaded. */
function MaskOverlay({ mask, index, isOnly, aspect }: MaskOverlayProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = Math.round(MASK_SIDE * Math.min(1, aspect));
  const height = Math.round(MASK_SIDE / Math.max(1, aspect));
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const colour = MASK_COLOURS[index % MASK_COLOURS.length]!;
    const values = Float32Array.from(mask.values, (value) => value / 255);
    const pixels = maskPixels({ ...mask, values }, width, height, { colour, dims: isOnly });
    context.putImageData(new ImageData(pixels, width, height), 0, 0);
  }, [mask, index, isOnly, width, height]);
  return (
    <canvas
      ref={canvas}
      class="tile-mask"
      width={width}
      height={height}
      role="img"
      aria-label={`Where @${mask.concept} acted`}
    />
  );
}

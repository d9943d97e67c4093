/** PictureTile: a picture of a job with its seed, and its concepts' masks outlined over it. */

import { useEffect, useRef } from 'preact/hooks';
import {
  type CellMask,
  isOutline,
  MASK_TROUBLE_LABELS,
  type MaskTrouble,
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
  /** The fault of its masks that matters most. */
  readonly trouble: MaskTrouble | undefined;
  readonly seed: number | undefined;
  readonly onSelect: () => void;
}

export function PictureTile({ view, label, aspect, showMask, trouble, seed, onSelect }: PictureTileProps) {
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
          ? view?.masks.map((mask, index) => (
              <MaskOutline key={mask.concept} mask={mask} index={index} aspect={aspect} />
            ))
          : null}
      </button>
      <figcaption>
        <span class="seed quiet">{seed === undefined ? 'Waiting' : `Seed ${seed}`}</span>
        {trouble === undefined ? null : (
          <span class="trouble">
            <Icon name="warning" />
            {MASK_TROUBLE_LABELS[trouble]}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

type MaskColour = readonly [red: number, green: number, blue: number];

/**
 * RGBA, [height * width * 4]: the outline of a mask, and nothing else, so that the picture keeps its colours.
 * @internal
 */
export function outlinePixels(
  mask: CellMask,
  width: number,
  height: number,
  colour: MaskColour,
): Uint8ClampedArray<ArrayBuffer> {
  const share = sampleMask(mask, width, height);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (isOutline(share, width, height, x, y)) pixels.set([...colour, 255], (y * width + x) * 4);
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

interface MaskOutlineProps {
  readonly mask: MaskView;
  readonly index: number;
  readonly aspect: number;
}

/** The mask of a concept as a line around what it acted on. */
function MaskOutline({ mask, index, aspect }: MaskOutlineProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = Math.round(MASK_SIDE * Math.min(1, aspect));
  const height = Math.round(MASK_SIDE / Math.max(1, aspect));
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const colour = MASK_COLOURS[index % MASK_COLOURS.length]!;
    const values = Float32Array.from(mask.values, (value) => value / 255);
    const pixels = outlinePixels({ ...mask, values }, width, height, colour);
    context.putImageData(new ImageData(pixels, width, height), 0, 0);
  }, [mask, index, width, height]);
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

import { useEffect, useRef } from 'preact/hooks';
import { LOW_CONFIDENCE } from '../../../shared/mask-confidence.ts';
import type { MaskView, PictureView } from '../work/pictures.ts';
import { Icon } from './icon.tsx';

/** One a concept of the prompt, told apart by hue and lightness. */
const MASK_COLOURS = [
  [255, 0, 142],
  [0, 190, 255],
  [255, 200, 0],
  [0, 220, 110],
] as const;
const MASK_ALPHA = 0.62;

interface PictureTileProps {
  readonly view: PictureView | undefined;
  /** What is on it, for a screen reader. */
  readonly label: string;
  readonly aspect: number;
  readonly showMask: boolean;
  readonly confidence: number | undefined;
  readonly seed: number | undefined;
}

export function PictureTile({ view, label, aspect, showMask, confidence, seed }: PictureTileProps) {
  const isSure = confidence === undefined || confidence >= LOW_CONFIDENCE;
  return (
    <figure class="tile">
      <div
        class={view?.kind === 'final' ? 'tile-picture' : 'tile-picture pending'}
        style={{ aspectRatio: aspect }}
      >
        {view === undefined ? null : <img src={view.url} alt={label} />}
        {showMask
          ? view?.masks.map((mask, index) => <MaskOverlay key={mask.concept} mask={mask} index={index} />)
          : null}
      </div>
      <figcaption>
        <span class="quiet">{seed === undefined ? 'Waiting' : `Seed ${seed}`}</span>
        {confidence === undefined ? null : (
          <span
            class={isSure ? 'confidence' : 'confidence low'}
            title={
              isSure
                ? 'How clearly the model told the product from the scene.'
                : 'The product may have leaked into the scene, or be missing. Try another seed, or mask mode "median".'
            }
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

/** Where the concept acted, tinted over the picture. A few cells a side, smoothed by the browser. */
function MaskOverlay({ mask, index }: { readonly mask: MaskView; readonly index: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const [red, green, blue] = MASK_COLOURS[index % MASK_COLOURS.length]!;
    const image = context.createImageData(mask.columns, mask.rows);
    for (const [cell, value] of mask.values.entries()) {
      image.data.set([red, green, blue, value * MASK_ALPHA], cell * 4);
    }
    context.putImageData(image, 0, 0);
  }, [mask, index]);
  return (
    <canvas
      ref={canvas}
      class="tile-mask"
      width={mask.columns}
      height={mask.rows}
      role="img"
      aria-label={`Where @${mask.concept} acted`}
    />
  );
}

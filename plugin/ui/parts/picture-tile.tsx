/** PictureTile: a picture of a job with its seed, and its concepts' masks outlined over it. */

import { useEffect, useRef } from 'preact/hooks';
import { MASK_TROUBLE_LABELS, type MaskTrouble } from '../../../shared/mask.ts';
import { outlineOf } from '../canvas/mask-outline.ts';
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
  /** Undefined where no layer is selected that it could fill. */
  readonly onFill?: (() => void) | undefined;
  /** Default: as fill of that layer. */
  readonly fillWords?: string | undefined;
}

export function PictureTile(props: PictureTileProps) {
  const { view, label, aspect, showMask, trouble, seed, onSelect, onFill, fillWords = 'Use as fill' } = props;
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
        {onFill === undefined || view?.kind !== 'final' ? null : (
          <button type="button" class="link" title="In the selected layer" onClick={onFill}>
            {fillWords}
          </button>
        )}
      </figcaption>
    </figure>
  );
}

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
    context.putImageData(outlineOf(mask, index, { width, height }), 0, 0);
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

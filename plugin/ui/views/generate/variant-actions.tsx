/** VariantActions: a selected variant made larger, or its product alone. */

import { mentionedNames } from '../../../../shared/mentions.ts';
import { UPSCALE_FACTORS, type UpscaleFactor } from '../../../../shared/protocol/requests.ts';
import { useApp } from '../../app-context.ts';
import type { VariantRecord } from '../../canvas/variant-record.ts';
import { FailureNote } from '../../parts/note.tsx';

export function VariantActions({ variant }: { readonly variant: VariantRecord }) {
  const app = useApp();
  const frame = app.selection.only.value;
  const { resolution = 1 } = app.model.value ?? {};
  const work = app.generating.variantWork;
  if (frame === undefined) return null;
  const { size, upscale, productOnly, prompt } = variant.request;
  const state = work.state.value;
  const own = state.state !== 'idle' && state.nodeId === frame.nodeId ? state : undefined;
  const isBusy = state.state === 'upscale' || state.state === 'product';
  const isDisabled = !app.connected.value || isBusy;
  // Of an enlarged one, what it was made from is not known here; the companion says where it is too large.
  const made = size === undefined ? resolution : Math.max(size.width, size.height);
  const side = made * (upscale?.factor ?? 1);
  const enlarge = async (factor: UpscaleFactor) => {
    const job = await work.upscale(frame, variant, { factor, side });
    if (job === undefined) return;
    app.shownGenerate.value = job;
    app.say(`Enlarging the picture ${factor} times.`);
  };
  const place = async () => {
    await work.placeProduct(frame, variant, side);
    if (work.state.value.state === 'idle') app.say('The product is on the canvas.');
  };
  return (
    <>
      <div class="banner">
        <span class="banner-text">{own === undefined ? 'Upscale' : WORDS[own.state]}</span>
        <UpscaleButtons
          side={side}
          isDisabled={isDisabled}
          largest={app.limits.value?.imageMaxSide ?? 0}
          onUpscale={(factor) => void enlarge(factor)}
        />
        {productOnly || mentionedNames(prompt).length === 0 ? null : (
          <button
            type="button"
            class="link"
            title="Without its scene, beside it"
            disabled={isDisabled}
            onClick={() => void place()}
          >
            Product only
          </button>
        )}
      </div>
      <UpscalerOffer />
      {own?.state === 'failed' ? (
        <FailureNote
          report={own.report}
          onClose={() => {
            work.state.value = { state: 'idle' };
          }}
        />
      ) : null}
    </>
  );
}

const WORDS = { upscale: 'Sending', product: 'Cutting out', failed: 'Upscale' } as const;

interface UpscaleButtonsProps {
  /** Longer side of the picture, in pixels, and the longest that can be made. */
  readonly side: number;
  readonly largest: number;
  readonly isDisabled: boolean;
  readonly onUpscale: (factor: UpscaleFactor) => void;
}

function UpscaleButtons({ side, largest, isDisabled, onUpscale }: UpscaleButtonsProps) {
  return (
    <>
      {UPSCALE_FACTORS.map((factor) => (
        <button
          key={factor}
          type="button"
          class="link"
          aria-label={`Upscale ${factor} times`}
          disabled={isDisabled || side * factor > largest}
          title={
            side * factor > largest
              ? `At most ${largest} pixels a side`
              : `${factor} times the pixels a side, beside it`
          }
          onClick={() => onUpscale(factor)}
        >
          {factor}×
        </button>
      ))}
    </>
  );
}

/** The network that makes larger pictures finer, where it can be had and nobody gets it yet. */
function UpscalerOffer() {
  const app = useApp();
  const { models } = app;
  const { upscaler } = models;
  if (upscaler?.place !== 'offered' || upscaler.task !== null) return null;
  return (
    <p class="hint">
      {upscaler.title} makes larger pictures finer.{' '}
      <button
        type="button"
        class="link"
        onClick={() => {
          models.open.value = upscaler.name;
          app.show('models');
        }}
      >
        Get it…
      </button>
    </p>
  );
}

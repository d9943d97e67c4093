/** Banners above the prompt: what is selected offers, and the way back from a prompt that was replaced. */

import { useApp } from '../../app-context.ts';
import { VariantActions } from './variant-actions.tsx';

/** The way back to what was written before a variant, a job or a concept took its place. */
export function ReplacedPrompt() {
  const { generateForm: form } = useApp();
  if (form.replaced.value === undefined) return null;
  return (
    <div class="banner" role="status">
      <span class="banner-text">Prompt replaced.</span>
      <button type="button" class="link" onClick={() => form.undo()}>
        Undo
      </button>
    </div>
  );
}

/** A variant that is selected on the canvas offers what its relaunch buttons do. */
export function SelectedVariant() {
  const app = useApp();
  const variant = app.selection.variant.value;
  if (variant === undefined) return null;
  return (
    <>
      <div class="banner">
        <span class="banner-text">Seed {variant.seed}</span>
        <button type="button" class="link" onClick={() => app.reuseVariant(variant, 'more')}>
          More like this
        </button>
        <button type="button" class="link" onClick={() => app.reuseVariant(variant, 'reprompt')}>
          Same seed, new prompt
        </button>
      </div>
      <VariantActions variant={variant} />
    </>
  );
}

/** A product on the canvas that may not be taught yet: several frames, none of them a variant. */
export function SelectedFrames() {
  const app = useApp();
  const frames = app.selection.frames.value;
  if (frames.length < 2 || frames.some(({ isVariant }) => isVariant)) return null;
  return (
    <div class="banner">
      <span class="banner-text">{frames.length} frames selected</span>
      <button type="button" class="link" onClick={() => app.show('teach')}>
        Teach these {frames.length} frames
      </button>
    </div>
  );
}

import { useApp } from '../app-context.ts';

/** A variant that is selected on the canvas offers what its relaunch buttons do. */
export function SelectedVariant() {
  const app = useApp();
  const variant = app.selection.variant.value;
  if (variant === undefined) return null;
  return (
    <div class="banner">
      <span class="banner-text">Seed {variant.seed}</span>
      <button type="button" class="link" onClick={() => app.reuseVariant(variant, 'more')}>
        More like this
      </button>
      <button type="button" class="link" onClick={() => app.reuseVariant(variant, 'reprompt')}>
        Same seed, new prompt
      </button>
    </div>
  );
}

import { useApp } from '../app-context.ts';

/** The way back to what was written before a variant, a job or a concept took its place. */
export function ReplacedPrompt() {
  const { generateDesk: desk } = useApp();
  if (desk.replaced.value === undefined) return null;
  return (
    <div class="banner" role="status">
      <span class="banner-text">Prompt replaced.</span>
      <button type="button" class="link" onClick={() => desk.undo()}>
        Undo
      </button>
    </div>
  );
}

import type { ConceptSummary } from '../../../shared/protocol/concept.ts';
import { useApp } from '../app-context.ts';

/** Teaches a concept again on the model in use, from the frames that it keeps; nothing where it keeps none. */
export function TeachAgainButton({ concept }: { readonly concept: ConceptSummary }) {
  const app = useApp();
  const model = app.model.value;
  if (concept.kept === undefined || model === undefined) return null;
  const start = () => {
    app.shownTeach.value = app.teaching.again(concept.id);
    app.show('teach');
  };
  return (
    <button
      type="button"
      class="link"
      aria-label={`Teach @${concept.name} again for ${model.name}`}
      disabled={!app.connected.value}
      onClick={start}
    >
      Teach again for “{model.name}”
    </button>
  );
}

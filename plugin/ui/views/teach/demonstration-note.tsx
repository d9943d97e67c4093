import { demonstrationLimit } from '../../../../shared/demonstration.ts';
import type { ModelCard } from '../../../../shared/protocol/model.ts';
import type { SelectedFrame } from '../../../messages.ts';
import { useApp } from '../../app-context.ts';
import { Note } from '../../parts/note.tsx';
import { licenceName, modelFacts } from '../../work/models/model-words.ts';

interface DemonstrationNoteProps {
  readonly classWord: string;
  readonly frames: readonly SelectedFrame[];
}

/** The limit of a demonstration model and the way out, before an hour goes into a product that it cannot draw. */
export function DemonstrationNote({ classWord, frames }: DemonstrationNoteProps) {
  const app = useApp();
  const { model, models, selection } = app;
  if (model.value === undefined || frames.length === 0) return null;
  const cutouts = frames.map(({ nodeId }) => selection.thumbnails.value.get(nodeId)?.measures.cutout);
  const hasBackground = cutouts.includes('opaque');
  const limit = demonstrationLimit(model.value, { classWord, hasBackground });
  if (limit === undefined) return null;
  const best = models.recommended;
  return (
    <Note tone="warning" title="This model will not draw your product well">
      <p>{limit}</p>
      <p>{best === undefined ? 'A full-size model does.' : wayOut(best)}</p>
      <button
        type="button"
        class="button small"
        onClick={() => {
          models.open.value = best?.name;
          app.show('models');
        }}
      >
        {best === undefined
          ? 'Choose a model'
          : best.place === 'offered'
            ? `Get ${best.title}…`
            : `Use ${best.title}…`}
      </button>
    </Note>
  );
}

function wayOut(card: ModelCard): string {
  const { title, licence } = card;
  const facts = [...modelFacts(card), licence === null ? '' : `licence ${licenceName(licence.id)}`].filter(
    Boolean,
  );
  return `${title} does, and fits this computer: ${facts.join(', ')}.`;
}

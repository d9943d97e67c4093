import type { ModelCard } from '../../../../shared/protocol/model.ts';
import type { SelectedFrame } from '../../../messages.ts';
import { useApp } from '../../app-context.ts';
import { ProgressBar } from '../../parts/controls.tsx';
import { FailureNote, Note } from '../../parts/note.tsx';
import { sizeText } from '../../work/labels.ts';
import { licenceName, taskPercent, taskText } from '../../work/models/model-words.ts';

/** Offered where a frame has a background: taught from cut-outs, the product is found again in new pictures. */
export function BackgroundRemoval({ frames }: { readonly frames: readonly SelectedFrame[] }) {
  const { teaching, selection, models, connected } = useApp();
  const { cutOuts } = teaching;
  const opaque = frames.filter(
    ({ nodeId }) => selection.thumbnails.value.get(nodeId)?.measures.cutout === 'opaque',
  );
  const state = cutOuts.state.value;
  if (state.state === 'failed') {
    return <FailureNote report={state.report} subject={state.frame} onClose={() => cutOuts.cancel()} />;
  }
  if (state.state === 'working') {
    const words = `Removing the background ${Math.min(state.done + 1, state.total)} of ${state.total}`;
    return (
      <div class="actions">
        <span class="quiet">{words}</span>
        <ProgressBar label={words} percent={(state.done / state.total) * 100} />
        <button type="button" class="link" onClick={() => cutOuts.cancel()}>
          Cancel
        </button>
      </div>
    );
  }
  if (opaque.length === 0) return null;
  const remover = models.backgroundRemover;
  if (remover?.place === 'offered') return <WaysToCutOut card={remover} count={opaque.length} />;
  return (
    <button
      type="button"
      class="button small"
      disabled={!connected.value}
      onClick={() => cutOuts.start(opaque.map(({ nodeId }) => nodeId))}
    >
      {opaque.length === 1 ? 'Remove its background' : `Remove ${opaque.length} backgrounds`}
    </button>
  );
}

interface WaysToCutOutProps {
  readonly card: ModelCard;
  /** Frames with a background. */
  readonly count: number;
}

/** Ways out while nothing here removes backgrounds: the network to get, with its cost, and Figma without it. */
function WaysToCutOut({ card, count }: WaysToCutOutProps) {
  const app = useApp();
  const { name, title, sizeBytes, licence, task } = card;
  const open = () => {
    app.models.open.value = name;
    app.show('models');
  };
  if (task !== null) {
    return (
      <div class="actions">
        <span class="quiet">Getting background removal. {taskText(task)}</span>
        <ProgressBar label="Getting background removal" percent={taskPercent(task) ?? 0} />
        <button type="button" class="link" onClick={open}>
          Show it in Models
        </button>
      </div>
    );
  }
  const facts = [sizeText(sizeBytes), licence === null ? '' : `licence ${licenceName(licence.id)}`].filter(
    Boolean,
  );
  return (
    <Note tone="info" title={count === 1 ? 'Remove its background' : `Remove ${count} backgrounds`}>
      <p>
        {title} does it on this computer: {facts.join(', ')}.
      </p>
      <p>
        Or in Figma: select the picture and choose Remove background, or draw its outline with the pen, put it
        below the picture and choose Use as mask.
      </p>
      <button type="button" class="button small" onClick={open}>
        Get background removal…
      </button>
    </Note>
  );
}

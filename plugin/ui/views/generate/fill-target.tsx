import { useEffect } from 'preact/hooks';
import { routes } from '../../../../shared/protocol/http.ts';
import type { FilledPicture, FillTarget as Target } from '../../../layout-messages.ts';
import { useApp } from '../../app-context.ts';
import { Icon } from '../../parts/icon.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { filledDraft } from '../../work/generate/filling.ts';

/** The selected layer: whether the next pictures fill it, what the model sees of its layout, and what it shows now. */
export function FillTarget() {
  const { selection, filling, generateDraft } = useApp();
  const target = selection.target.value;
  if (target === undefined) return null;
  const { name, width, height, layout, isFrame, isLocked, pictures } = target;
  const kind = isFrame ? 'frame' : 'layer';
  const fills = filling.target.value !== undefined;
  const state = filling.state.value;
  const draft = generateDraft.value;
  const isPainted = layout !== null && filling.showsLayout.value;
  const losesPlaces = draft.regions.length > filledDraft(draft, { target, isPainted }).regions.length;
  const placed = draft.size.type === 'layout' ? `“${draft.size.name}”` : 'another frame';
  return (
    <section class="fill" aria-label={`Fill “${name}”`}>
      <div class="section-head">
        <h2 class="fill-name">{name}</h2>
        <span class="quiet">
          {Math.round(width)} × {Math.round(height)}
        </span>
      </div>
      {isLocked ? (
        <p class="hint warning-line">
          <Icon name="lock" /> It is locked. Unlock it to fill it with pictures.
        </p>
      ) : (
        <>
          <label class="check">
            <input type="checkbox" checked={fills} onChange={() => filling.want(!fills)} />
            Fill this {kind}
            {pictures.length === 0 ? '' : ' again'}
          </label>
          {fills && layout !== null ? (
            <label class="check">
              <input
                type="checkbox"
                checked={filling.showsLayout}
                onChange={({ currentTarget }) => {
                  filling.showsLayout.value = currentTarget.checked;
                }}
              />
              Show the model what is around it in “{layout.name}”
            </label>
          ) : null}
          {fills && losesPlaces ? (
            <p class="hint">Products are placed in {placed}, and this fill leaves that out.</p>
          ) : null}
          <Choices target={target} />
        </>
      )}
      {state.state === 'failed' ? (
        <FailureNote
          report={state.report}
          subject={state.layer}
          onClose={() => {
            filling.state.value = { state: 'idle' };
          }}
        />
      ) : null}
    </section>
  );
}

/** The pictures that a filled layer has, to choose another. */
function Choices({ target: { nodeId, pictures } }: { readonly target: Target }) {
  const app = useApp();
  const isConnected = app.connected.value;
  const keys = pictures.map(({ jobId, index }) => `${jobId}/${index}`).join();
  // A panel that comes later has none of them; the companion keeps what it made.
  useEffect(() => {
    if (isConnected) for (const one of pictures) void load(one);
  }, [nodeId, keys, isConnected]);
  const load = async ({ jobId, index }: FilledPicture) => {
    if (app.pictures.get(jobId, index)?.kind === 'final') return;
    const blob = await app.companion.blob(routes.picture(jobId, index)).catch(() => undefined);
    if (blob !== undefined) app.pictures.add(jobId, index, blob);
  };
  if (pictures.length === 0) return null;
  return (
    <fieldset class="fill-choices" aria-label="Choose another">
      {pictures.map((one, at) => {
        const { jobId, index, seed, isShown } = one;
        const url = app.pictures.views.value.get(`${jobId}/${index}`)?.url;
        return (
          <button
            key={`${jobId}/${index}`}
            type="button"
            class="fill-choice"
            aria-pressed={isShown}
            aria-label={`Picture ${at + 1}, seed ${seed}`}
            title={`Seed ${seed}`}
            onClick={() => app.filling.choose(one)}
          >
            {url === undefined ? at + 1 : <img src={url} alt="" />}
          </button>
        );
      })}
    </fieldset>
  );
}

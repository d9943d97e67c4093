import { useEffect } from 'preact/hooks';
import { routes } from '../../../../shared/protocol/http.ts';
import type {
  FilledPicture,
  FillNote,
  FillObstacle,
  FillTarget as Target,
} from '../../../layout-messages.ts';
import { useApp } from '../../app-context.ts';
import { Check } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { filledDraft } from '../../work/generate/filling.ts';

/** Each tells what to do. */
const OBSTACLES: Readonly<Record<FillObstacle, string>> = {
  text: 'Text is not filled. Select a frame or shape, or draw one where the picture goes.',
  line: 'A line has no area to fill. Select a frame or shape.',
  group: 'A group has no fill. Select a frame or shape in it.',
  section: 'A section is not filled. Select a frame or shape in it.',
  set: 'A component set is not filled. Select one of its variants.',
  other: 'It is not filled. Select a frame or shape.',
  mask: 'It is a mask, so its fill is not seen. Select the layer that it masks.',
  part: 'It is part of a boolean shape, whose own fill is seen. Select the whole shape.',
  mixed: 'Its parts have different fills. Give it one fill, or select another layer.',
  small: 'It is smaller than a pixel. Enlarge it, or select another layer.',
  several: 'Layers are filled one at a time. Select one of them.',
};

const NOTES: Readonly<Record<FillNote, string>> = {
  layers: 'The layers in it stay in front of the picture.',
  hidden: 'It is hidden. Show it to see the picture.',
  component: 'Instances of this component get the picture too.',
  style: 'Its fill is from a style. Filling it detaches it from that.',
};

/** The selected layer: whether the next pictures fill it, what the model sees of its layout, and what it shows now. */
export function FillTarget() {
  const { selection, filling } = useApp();
  const target = selection.target.value;
  if (target === undefined) return <Obstacle />;
  const { name, width, height, isLocked } = target;
  const state = filling.state.value;
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
        <FillSettings target={target} />
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

function FillSettings({ target }: { readonly target: Target }) {
  const { filling, generateDraft } = useApp();
  const { layout, isFrame, notes, pictures } = target;
  const fills = filling.target.value !== undefined;
  const draft = generateDraft.value;
  const isPainted = layout !== null && filling.showsLayout.value;
  const losesPlaces = draft.regions.length > filledDraft(draft, { target, isPainted }).regions.length;
  const placed = draft.size.type === 'layout' ? `“${draft.size.name}”` : 'another frame';
  return (
    <>
      <Check checked={fills} onChange={(wanted) => filling.want(wanted)}>
        Fill this {isFrame ? 'frame' : 'layer'}
        {pictures.length === 0 ? '' : ' again'}
      </Check>
      {notes.map((note) => (
        <p key={note} class="hint">
          {NOTES[note]}
        </p>
      ))}
      {fills && layout !== null ? (
        <Check
          checked={filling.showsLayout.value}
          onChange={(shows) => {
            filling.showsLayout.value = shows;
          }}
        >
          Show the model what is around it in “{layout.name}”
        </Check>
      ) : null}
      {fills && losesPlaces ? (
        <p class="hint">Products are placed in {placed}, and this fill leaves that out.</p>
      ) : null}
      <Choices target={target} />
    </>
  );
}

/** Nothing where pictures come beside what is selected as a matter of course. */
function Obstacle() {
  const obstacle = useApp().selection.obstacle.value;
  if (obstacle === undefined) return null;
  const { name, why } = obstacle;
  return (
    <section class="fill" aria-label="Not filled">
      {name === '' ? null : (
        <div class="section-head">
          <h2 class="fill-name">{name}</h2>
        </div>
      )}
      <p class="hint">{OBSTACLES[why]}</p>
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

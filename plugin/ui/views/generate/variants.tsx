import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { MASK_TROUBLE_ADVICE, type MaskTrouble, maskTrouble } from '../../../../shared/mask.ts';
import { mentionedNames } from '../../../../shared/mentions.ts';
import type { JobOf } from '../../../../shared/protocol/job.ts';
import { useApp } from '../../app-context.ts';
import { ProgressBar, TimeLeft } from '../../parts/controls.tsx';
import { Check } from '../../parts/field.tsx';
import { IconButton } from '../../parts/icon.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { PictureTile } from '../../parts/picture-tile.tsx';
import { TeachAgainButton } from '../../parts/teach-again.tsx';
import { hasEnded } from '../../work/job-board.ts';
import { percent, phaseText } from '../../work/labels.ts';
import type { PictureView } from '../../work/pictures.ts';

/** The pictures of the job that was started last, or chosen in the history. */
export function Variants() {
  const app = useApp();
  const shown = app.shownGenerate.value;
  const job = shown === undefined ? undefined : app.board.jobs.value.get(shown);
  const section = useRef<HTMLElement>(null);
  const isUnderWay = job !== undefined && !hasEnded(job);
  // Each job that is started brings its pictures into view.
  useEffect(() => {
    if (isUnderWay) section.current?.scrollIntoView({ block: 'nearest' });
  }, [shown, isUnderWay]);
  if (job?.kind !== 'generate') return null;
  return (
    <section ref={section} class="variants" aria-label="Variants">
      <VariantsHead job={job} />
      {job.status.state === 'failed' ? <FailureNote report={job.status} /> : null}
      <Misfits job={job} />
      {job.notes?.map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
      <VariantGrid job={job} />
    </section>
  );
}

/** Ways out of a job whose concepts do not fit its model. */
function Misfits({ job: { status, request } }: { readonly job: JobOf<'generate'> }) {
  const { library } = useApp();
  if (status.state !== 'failed' || status.code !== 'concept-mismatch') return null;
  const mentioned = mentionedNames(request.prompt);
  return library.concepts.value
    .filter(({ name, usable }) => mentioned.includes(name) && !usable)
    .map((concept) => (
      <p key={concept.id} class="hint">
        @{concept.name} <TeachAgainButton concept={concept} />
      </p>
    ));
}

function VariantsHead({ job }: { readonly job: JobOf<'generate'> }) {
  const app = useApp();
  const { status } = job;
  if (status.state === 'queued') {
    const before = status.position + (app.board.running.value === undefined ? 0 : 1);
    return (
      <div class="section-head">
        <h2>{before === 0 ? 'Starting' : `Waiting, ${before} before it`}</h2>
        <CancelButton job={job} />
      </div>
    );
  }
  if (status.state === 'running') {
    const progress = app.board.progress.value.get(job.job);
    return (
      <>
        <div class="section-head">
          <h2>{phaseText(progress)}</h2>
          <TimeLeft progress={progress} />
          <CancelButton job={job} />
        </div>
        <ProgressBar label="Making pictures" percent={progress === undefined ? null : percent(progress)} />
      </>
    );
  }
  return (
    <div class="section-head">
      <h2>{status.state === 'cancelled' ? 'Cancelled' : 'Variants'}</h2>
      {job.pictures.length > 0 ? (
        <>
          <IconButton
            icon="locate"
            label="Show on the canvas"
            onClick={() => app.generating.reveal(job.job, null)}
          />
          <IconButton
            icon="place"
            label="Place on the canvas again"
            disabled={!app.connected.value}
            onClick={() => app.generating.placeAgain(job, app.selection.frames.value)}
          />
        </>
      ) : null}
    </div>
  );
}

function CancelButton({ job }: { readonly job: JobOf<'generate'> }) {
  const app = useApp();
  return (
    <button
      type="button"
      class="button small"
      disabled={!app.connected.value}
      onClick={() => app.companion.send({ type: 'cancel', job: job.job })}
    >
      Cancel
    </button>
  );
}

function VariantGrid({ job }: { readonly job: JobOf<'generate'> }) {
  const app = useApp();
  const showMask = useSignal(false);
  const { request, pictures } = job;
  const { resolution = 1 } = app.model.value ?? {};
  // One that was painted on has its own size.
  const { width, height } = pictures[0] ?? request.size ?? { width: resolution, height: resolution };
  const place = app.filling.placeIn(request);
  const count = hasEnded(job) ? pictures.length : request.count;
  const isScene = app.generating.scenes.offers(request);
  const fillWith = (index: number, { blob }: PictureView) => {
    if (isScene) return () => void app.generating.scenes.use(job, index);
    if (place === undefined) return undefined;
    return () => app.filling.use({ jobId: job.job, index, seed: request.seed + index }, place, blob);
  };
  const views = Array.from({ length: count }, (_, index) =>
    app.pictures.views.value.get(`${job.job}/${index}`),
  );
  return (
    <>
      <div class="tiles">
        {views.map((view, index) => (
          <PictureTile
            // A picture's number is what it is.
            key={index}
            view={view}
            label={`${request.prompt}, variant ${index + 1}`}
            aspect={width / height}
            showMask={showMask.value}
            trouble={troubleOf(view)}
            seed={view === undefined ? undefined : request.seed + index}
            onSelect={() => app.generating.reveal(job.job, index)}
            fillWords={isScene ? 'Use this scene' : undefined}
            onFill={view === undefined ? undefined : fillWith(index, view)}
          />
        ))}
      </div>
      <MaskTroubles views={views} />
      {views.some((view) => (view?.masks.length ?? 0) > 0) ? (
        <div class="mask-line">
          <Check
            checked={showMask.value}
            onChange={(checked) => {
              showMask.value = checked;
            }}
          >
            Show where the product acted
          </Check>
          {hasEnded(job) ? (
            <button
              type="button"
              class="link"
              title="As layers over the variants"
              onClick={() => void app.generating.placeMasks(job, views)}
            >
              Masks on the canvas
            </button>
          ) : null}
        </div>
      ) : null}
    </>
  );
}

/** Advice on masks that are probably wrong, each once. */
function MaskTroubles({ views }: { readonly views: readonly (PictureView | undefined)[] }) {
  const troubles = new Set(views.flatMap((view) => troubleOf(view) ?? []));
  return (
    <>
      {[...troubles].map((trouble) => (
        <p key={trouble} class="hint">
          {MASK_TROUBLE_ADVICE[trouble]}
        </p>
      ))}
    </>
  );
}

/** The fault of the first of its masks that has one, once the picture is finished. */
function troubleOf(view: PictureView | undefined): MaskTrouble | undefined {
  if (view?.kind !== 'final') return undefined;
  for (const { values, confidence, ...size } of view.masks) {
    const trouble = maskTrouble({ ...size, values: Array.from(values, (value) => value / 255) }, confidence);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { LOW_CONFIDENCE, LOW_CONFIDENCE_ADVICE } from '../../../shared/mask.ts';
import type { JobOf, PictureSummary } from '../../../shared/protocol/job.ts';
import { useApp } from '../app-context.ts';
import { ProgressBar, TimeLeft } from '../parts/controls.tsx';
import { IconButton } from '../parts/icon.tsx';
import { FailureNote } from '../parts/note.tsx';
import { PictureTile } from '../parts/picture-tile.tsx';
import { hasEnded } from '../work/job-board.ts';
import { percent, phaseText } from '../work/labels.ts';

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
      <VariantGrid job={job} />
    </section>
  );
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
  const model = app.model.value;
  return (
    <div class="section-head">
      <h2>{status.state === 'cancelled' ? 'Cancelled' : 'Variants'}</h2>
      {job.pictures.length > 0 && model !== undefined ? (
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
            onClick={() => app.generating.placeAgain(job, model)}
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
  const { width, height } = request.size ?? { width: resolution, height: resolution };
  const count = hasEnded(job) ? pictures.length : request.count;
  const views = Array.from({ length: count }, (_, index) =>
    app.pictures.views.value.get(`${job.job}/${index}`),
  );
  return (
    <>
      <div class="tiles">
        {views.map((view, index) => {
          const done = pictures.find(({ picture }) => picture === index);
          const sure = done?.masks.map(({ confidence }) => confidence) ?? [];
          return (
            <PictureTile
              // A picture's number is what it is.
              key={index}
              view={view}
              label={`${request.prompt}, variant ${index + 1}`}
              aspect={width / height}
              showMask={showMask.value}
              confidence={sure.length === 0 ? undefined : Math.min(...sure)}
              seed={view === undefined ? undefined : request.seed + index}
              onSelect={() => app.generating.reveal(job.job, index)}
            />
          );
        })}
      </div>
      {pictures.some(isUnsure) ? <p class="hint">{LOW_CONFIDENCE_ADVICE}</p> : null}
      {views.some((view) => (view?.masks.length ?? 0) > 0) ? (
        <label class="check">
          <input
            type="checkbox"
            checked={showMask}
            onChange={({ currentTarget }) => {
              showMask.value = currentTarget.checked;
            }}
          />
          Show where the product acted
        </label>
      ) : null}
    </>
  );
}

function isUnsure({ masks }: PictureSummary): boolean {
  return masks.some(({ confidence }) => confidence < LOW_CONFIDENCE);
}

import { useEffect, useRef } from 'preact/hooks';
import { type AnyJobState, type JobOf, savedRunOf } from '../../../../shared/protocol/job.ts';
import { useApp } from '../../app-context.ts';
import { failureTitle } from '../../parts/failure-title.ts';
import { IconButton } from '../../parts/icon.tsx';
import { RemovedBanner } from '../../parts/note.tsx';
import { ago, catalogueCount, frameCount, jobTitle, savedText } from '../../work/labels.ts';
import { CatalogueActs, FailedCells, showCatalogue } from '../catalogue/catalogue-acts.tsx';
import { useSample } from '../library/concept-picture.tsx';

/** Pictures that fit on one line; the job itself shows all. */
const STRIP = 5;

/** The buttons that remove a row and bring it back, whichever of them it has. */
const REMOVAL = '.banner .link, .button.danger, [aria-label^="Remove"]';

export function EndedJob({ job }: { readonly job: AnyJobState }) {
  const { history } = useApp();
  const row = useRef<HTMLLIElement>(null);
  const isRemoved = history.removed.value.has(job.job);
  const wasRemoved = useRef(isRemoved);
  // The button that was pressed is gone; the keyboard goes on from the one in its place.
  useEffect(() => {
    if (wasRemoved.current === isRemoved) return;
    wasRemoved.current = isRemoved;
    row.current?.querySelector<HTMLElement>(REMOVAL)?.focus();
  }, [isRemoved]);
  return (
    <li class="card" ref={row}>
      {isRemoved ? (
        <RemovedBanner what={`“${jobTitle(job)}”`} action="Undo" onAction={() => history.undo(job.job)} />
      ) : (
        <KeptJob job={job} />
      )}
    </li>
  );
}

function KeptJob({ job }: { readonly job: AnyJobState }) {
  const app = useApp();
  const { status } = job;
  const canContinue = savedRunOf(job) !== undefined;
  return (
    <>
      <div class="card-head">
        {job.kind === 'teach' ? <LearnedPicture job={job} /> : null}
        <div class="card-title">
          <span class="title">{jobTitle(job)}</span>
          <span class="quiet">{facts(job)}</span>
        </div>
        {job.kind === 'generate' ? (
          <IconButton icon="redo" label="Use these settings" onClick={() => app.reuseJob(job)} />
        ) : null}
        {canContinue ? null : (
          <IconButton
            icon="trash"
            label={`Remove ${jobTitle(job)}`}
            onClick={() => app.history.remove(job.job)}
          />
        )}
      </div>
      {status.state === 'failed' ? (
        <p class="hint problem">
          {failureTitle(status.code)}. {status.advice}
        </p>
      ) : null}
      {canContinue ? <Stopped job={job} /> : null}
      {job.kind !== 'teach' && job.pictures.length > 0 ? <Strip job={job} /> : null}
      {job.kind === 'catalogue' ? <EndedCatalogue job={job} /> : null}
    </>
  );
}

/** Failures of a catalogue that are told in the history; its own view has all. */
const FAILURES = 2;

function EndedCatalogue({ job }: { readonly job: JobOf<'catalogue'> }) {
  const app = useApp();
  const more = job.failed.length - FAILURES;
  return (
    <div class="ended-catalogue">
      <FailedCells job={job} most={FAILURES} />
      {more > 0 ? (
        <button type="button" class="link" onClick={() => showCatalogue(app, job.job)}>
          Show {more} more that failed
        </button>
      ) : null}
      <CatalogueActs job={job} isListed />
    </div>
  );
}

/** A picture of what a teaching came to; nothing where it came to none. */
function LearnedPicture({ job }: { readonly job: JobOf<'teach'> }) {
  const { id, version } = job.taught?.concept ?? {};
  const url = useSample(id, version);
  return url === undefined ? null : <img class="card-thumb" src={url} alt="" />;
}

function Stopped({ job }: { readonly job: AnyJobState }) {
  const app = useApp();
  return (
    <div class="stopped">
      <span class="stopped-text">{savedText(job)}</span>
      <button
        type="button"
        class="button small"
        disabled={!app.connected.value}
        onClick={() => app.continueTeaching(job.job)}
      >
        Continue
      </button>
      <button type="button" class="button small danger" onClick={() => app.history.remove(job.job)}>
        Discard
      </button>
    </div>
  );
}

function Strip({ job }: { readonly job: JobOf<'generate' | 'catalogue'> }) {
  const app = useApp();
  useEffect(() => {
    app.history.loadPictures({ ...job, pictures: job.pictures.slice(0, STRIP) });
  }, [app, job]);
  return (
    <button
      type="button"
      class="strip"
      aria-label={`Show ${jobTitle(job)}`}
      onClick={() => (job.kind === 'catalogue' ? showCatalogue(app, job.job) : app.showJob(job))}
    >
      {job.pictures.slice(0, STRIP).map(({ picture }) => {
        const view = app.pictures.views.value.get(`${job.job}/${picture}`);
        return view === undefined ? <span key={picture} /> : <img key={picture} src={view.url} alt="" />;
      })}
      {job.pictures.length > STRIP ? (
        <span class="strip-more" data-more={`+${job.pictures.length - STRIP}`} />
      ) : null}
    </button>
  );
}

function facts(job: AnyJobState): string {
  const when = ago(job.endedAt ?? job.createdAt, new Date());
  const { status } = job;
  const outcome = status.state === 'cancelled' && savedRunOf(job) === undefined ? 'cancelled' : '';
  return [when, whatOf(job), outcome].filter(Boolean).join(' · ');
}

function whatOf(job: AnyJobState): string {
  if (job.kind === 'teach') return `${job.request.classWord}, ${frameCount(job.request.images.length)}`;
  if (job.kind === 'catalogue') return catalogueCount(job);
  const { seed, strength } = job.request;
  return strength === 1 ? `seed ${seed}` : `seed ${seed}, strength ${strength}`;
}

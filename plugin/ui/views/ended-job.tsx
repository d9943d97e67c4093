import { useEffect } from 'preact/hooks';
import type { JobOf, JobState } from '../../../shared/protocol/job.ts';
import { useApp } from '../app-context.ts';
import { failureTitle } from '../parts/failure-title.ts';
import { IconButton } from '../parts/icon-button.tsx';
import { ago, jobTitle } from '../work/job-words.ts';

/** Pictures that fit on one line; the job itself shows all. */
const STRIP = 5;

export function EndedJob({ job }: { readonly job: JobState }) {
  const app = useApp();
  const { status } = job;
  return (
    <li class="card">
      <div class="card-head">
        <div class="card-title">
          <span class="title">{jobTitle(job)}</span>
          <span class="quiet">{facts(job)}</span>
        </div>
        {job.kind === 'generate' ? (
          <IconButton icon="redo" label="Use these settings" onClick={() => app.reuseJob(job)} />
        ) : null}
        <IconButton
          icon="trash"
          label={`Remove ${jobTitle(job)}`}
          onClick={() => app.history.remove(job.job)}
        />
      </div>
      {status.state === 'failed' ? (
        <p class="hint problem">
          {failureTitle(status.code)}. {status.advice}
        </p>
      ) : null}
      {job.kind === 'generate' && job.pictures.length > 0 ? <Strip job={job} /> : null}
    </li>
  );
}

function Strip({ job }: { readonly job: JobOf<'generate'> }) {
  const app = useApp();
  useEffect(() => {
    app.history.loadPictures({ ...job, pictures: job.pictures.slice(0, STRIP) });
  }, [app, job]);
  return (
    <button type="button" class="strip" aria-label={`Show ${jobTitle(job)}`} onClick={() => app.showJob(job)}>
      {job.pictures.slice(0, STRIP).map(({ picture }) => {
        const view = app.pictures.views.value.get(`${job.job}/${picture}`);
        return view === undefined ? <span key={picture} /> : <img key={picture} src={view.url} alt="" />;
      })}
      {job.pictures.length > STRIP ? <span class="strip-more">+{job.pictures.length - STRIP}</span> : null}
    </button>
  );
}

function facts(job: JobState): string {
  const when = ago(job.endedAt ?? job.createdAt, new Date());
  const outcome = job.status.state === 'cancelled' ? 'cancelled' : '';
  const what =
    job.kind === 'teach'
      ? `${job.request.classWord}, ${job.request.images.length} frames`
      : `seed ${job.request.seed}, strength ${job.request.strength}`;
  return [when, what, outcome].filter(Boolean).join(' · ');
}

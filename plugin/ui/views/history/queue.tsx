import type { AnyJobState } from '../../../../shared/protocol/job.ts';
import { useApp } from '../../app-context.ts';
import { ProgressBar, TimeLeft } from '../../parts/controls.tsx';
import { IconButton } from '../../parts/icon.tsx';
import { catalogueCount, jobTitle, percent, phaseText } from '../../work/labels.ts';

/** The running job and the waiting ones, in order. */
export function Queue() {
  const app = useApp();
  const running = app.board.running.value;
  const queued = app.board.queued.value;
  if (running === undefined && queued.length === 0) return null;
  return (
    <section aria-label="Queue">
      <div class="section-head">
        <h2>Queue</h2>
        {queued.length > 0 ? (
          <button
            type="button"
            class="link"
            disabled={!app.connected.value}
            onClick={() => app.companion.send({ type: 'clear-waiting' })}
          >
            Clear waiting
          </button>
        ) : null}
      </div>
      <ul class="queue">
        {running === undefined ? null : <RunningJob job={running} />}
        {queued.map((job, index) => (
          <li key={job.job} class="queue-item">
            <span class="queue-text">{jobTitle(job)}</span>
            <MoveButtons queued={queued} index={index} />
            <CancelButton job={job} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RunningJob({ job }: { readonly job: AnyJobState }) {
  const progress = useApp().board.progress.value.get(job.job);
  return (
    <li class="queue-item running">
      <span class="queue-text">
        {jobTitle(job)}
        <span class="quiet">{job.kind === 'catalogue' ? catalogueCount(job) : phaseText(progress)}</span>{' '}
        <TimeLeft progress={progress} />
      </span>
      <CancelButton job={job} />
      <ProgressBar label={jobTitle(job)} percent={progress === undefined ? null : percent(progress)} />
    </li>
  );
}

function MoveButtons({ queued, index }: { readonly queued: readonly AnyJobState[]; readonly index: number }) {
  const app = useApp();
  const { job } = queued[index]!;
  const isAway = !app.connected.value;
  const moveBefore = (before: string | null) => app.companion.send({ type: 'move', job, before });
  return (
    <>
      <IconButton
        icon="up"
        label="Earlier"
        disabled={isAway || index === 0}
        onClick={() => moveBefore(queued[index - 1]!.job)}
      />
      <IconButton
        icon="down"
        label="Later"
        disabled={isAway || index === queued.length - 1}
        onClick={() => moveBefore(queued[index + 2]?.job ?? null)}
      />
    </>
  );
}

function CancelButton({ job }: { readonly job: AnyJobState }) {
  const app = useApp();
  return (
    <IconButton
      icon="close"
      label={`Cancel ${jobTitle(job)}`}
      disabled={!app.connected.value}
      onClick={() => app.companion.send({ type: 'cancel', job: job.job })}
    />
  );
}

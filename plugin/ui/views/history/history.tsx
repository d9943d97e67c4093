import { useEffect } from 'preact/hooks';
import { HISTORY_MAX_BYTES, HISTORY_MAX_DAYS, HISTORY_MAX_JOBS } from '../../../../shared/protocol/limits.ts';
import { useApp } from '../../app-context.ts';
import { SearchField } from '../../parts/controls.tsx';
import { Icon } from '../../parts/icon.tsx';
import { FailureNote, MissingList } from '../../parts/note.tsx';
import { hasEnded } from '../../work/job-board.ts';
import { EndedJob } from './ended-job.tsx';
import { Queue } from './queue.tsx';

/** A search starts when typing pauses, not at each letter. */
const TYPING_MS = 200;

export function History() {
  const app = useApp();
  const { history, board } = app;
  const search = history.search.value;
  // Jobs that end while this is open belong at its top.
  const endedCount = board.ended.value.length;
  const isReady = app.connected.value;
  // Each of these asks for a new first page.
  useEffect(() => {
    if (!isReady) return;
    const timer = setTimeout(() => history.refresh(), TYPING_MS);
    return () => clearTimeout(timer);
  }, [search, isReady, endedCount, history]);
  useEffect(() => {
    const settle = () => history.settle();
    window.addEventListener('pagehide', settle);
    return () => {
      window.removeEventListener('pagehide', settle);
      settle();
    };
  }, [history]);

  const jobs = history.found.value.flatMap((id) => board.jobs.value.get(id) ?? []).filter(hasEnded);
  return (
    <div class="view">
      <Queue />
      <SearchField
        label="Search history"
        value={search}
        onChange={(text) => {
          history.search.value = text;
        }}
      />
      {history.failure.value === undefined ? null : <FailureNote report={history.failure.value} />}
      {jobs.length === 0 ? <Nothing search={search} /> : null}
      <ul class="cards">
        {jobs.map((job) => (
          <EndedJob key={job.job} job={job} />
        ))}
      </ul>
      {history.next.value === null ? null : (
        <button type="button" class="button wide" onClick={() => history.more()}>
          Show earlier ones
        </button>
      )}
    </div>
  );
}

function Nothing({ search }: { readonly search: string }) {
  const { history } = useApp();
  return (
    <MissingList isKnown={history.isKnown.value}>
      {search.trim() === '' ? (
        <section class="empty">
          <Icon name="redo" />
          <h2>Nothing here yet</h2>
          <p>
            What you teach and generate is kept here with its settings for {HISTORY_MAX_DAYS} days: the newest{' '}
            {HISTORY_MAX_JOBS.toLocaleString('en-GB')} jobs, and {HISTORY_MAX_BYTES / 1e9} GB of pictures and
            stopped teachings.
          </p>
        </section>
      ) : (
        <p class="nothing">Nothing matches “{search}”.</p>
      )}
    </MissingList>
  );
}

import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { Icon } from '../parts/icon.tsx';
import { FailureNote } from '../parts/note.tsx';
import { SearchField } from '../parts/search-field.tsx';
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

  const jobs = history.found.value.flatMap((id) => board.jobs.value.get(id) ?? []);
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
  if (search.trim() !== '') return <p class="nothing">Nothing matches “{search}”.</p>;
  return (
    <section class="empty">
      <Icon name="redo" />
      <h2>Nothing here yet</h2>
      <p>Everything you teach and generate is kept here with its settings.</p>
    </section>
  );
}

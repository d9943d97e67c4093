/** CatalogueActs and FailedCells: what can be done about a catalogue, where it is shown and in the history; showCatalogue leads there. */

import { catalogueCells } from '../../../../shared/protocol/catalogue.ts';
import type { App } from '../../app.ts';
import { useApp } from '../../app-context.ts';
import { FailureNote, Note } from '../../parts/note.tsx';
import { type CatalogueJob, cellTitle } from '../../work/catalogue/catalogues.ts';
import { hasEnded } from '../../work/job-board.ts';
import { sentence } from '../../work/labels.ts';

export function showCatalogue(app: App, job: string): void {
  app.generating.catalogues.shown.value = job;
  app.show('catalogue');
}

interface CatalogueActsProps {
  readonly job: CatalogueJob;
  /** Among other jobs: none of its buttons is the one of the view. */
  readonly isListed?: boolean;
}

export function CatalogueActs({ job, isListed = false }: CatalogueActsProps) {
  const app = useApp();
  const { catalogues } = app.generating;
  const isOver = hasEnded(job);
  const isAway = !app.connected.value;
  const made = job.pictures.length;
  const count = catalogueCells(job.request).length;
  const failure = catalogues.failure.value;
  const plain = isListed ? 'button small' : 'button';
  return (
    <>
      <div class="catalogue-acts">
        {isOver ? null : (
          <button
            type="button"
            class={plain}
            disabled={isAway}
            onClick={() => app.companion.send({ type: 'cancel', job: job.job })}
          >
            Cancel
          </button>
        )}
        {isOver && made < count ? (
          <button type="button" class={plain} disabled={isAway} onClick={() => catalogues.resume(job.job)}>
            {job.status.state === 'done' ? 'Try all failed again' : 'Resume'}
          </button>
        ) : null}
        {made > 0 ? (
          <button
            type="button"
            class={isListed ? plain : 'button primary'}
            disabled={isAway || catalogues.placing.value !== undefined}
            onClick={() => catalogues.place(job)}
          >
            {catalogues.placing.value === job.job ? 'Placing…' : 'Place as table on the canvas'}
          </button>
        ) : null}
      </div>
      {failure?.job === job.job ? <FailureNote report={failure.report} /> : null}
    </>
  );
}

interface FailedCellsProps {
  readonly job: CatalogueJob;
  /** Shown of them; default: all. */
  readonly most?: number;
}

export function FailedCells({ job, most = job.failed.length }: FailedCellsProps) {
  const app = useApp();
  const cells = catalogueCells(job.request);
  const isOver = hasEnded(job);
  return (
    <>
      {job.failed.slice(0, most).map(({ cell, message, advice }) => (
        <Note key={cell} tone="warning" title={cellTitle(cells[cell]!)}>
          <p>
            {sentence(message)} {advice}
          </p>
          {isOver ? (
            <button
              type="button"
              class="button small"
              disabled={!app.connected.value}
              aria-label={`Try again: ${cellTitle(cells[cell]!)}`}
              onClick={() => app.generating.catalogues.resume(job.job, [cell])}
            >
              Try again
            </button>
          ) : null}
        </Note>
      ))}
    </>
  );
}

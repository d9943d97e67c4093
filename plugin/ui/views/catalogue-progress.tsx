import { useEffect } from 'preact/hooks';
import { cellText } from '../../../shared/catalogue.ts';
import { catalogueCells } from '../../../shared/protocol/catalogue.ts';
import { useApp } from '../app-context.ts';
import { ProgressBar, TimeLeft } from '../parts/controls.tsx';
import { Icon } from '../parts/icon.tsx';
import { FailureNote, Note } from '../parts/note.tsx';
import { type CatalogueJob, catalogueTitle, columnOf, tableColumns } from '../work/catalogues.ts';
import { percent } from '../work/labels.ts';

/** A catalogue that was asked for: its table, which fills while it is made, and what failed. */
export function CatalogueProgress({ job }: { readonly job: CatalogueJob }) {
  const app = useApp();
  const { catalogues } = app.generating;
  const cells = catalogueCells(job.request);
  const made = job.pictures.length;
  const isOver = job.status.state !== 'running' && job.status.state !== 'queued';
  const progress = app.board.progress.value.get(job.job);
  const isAway = !app.connected.value;
  useEffect(() => {
    void app.history.loadPictures(job);
  }, [app, job]);
  return (
    <div class="view">
      <section>
        <div class="section-head">
          <h3>{catalogueTitle(job.request)}</h3>
          <button type="button" class="link" onClick={() => (catalogues.shown.value = undefined)}>
            New catalogue
          </button>
        </div>
        <p class="catalogue-line">
          <span>
            {made} of {cells.length} pictures{job.failed.length > 0 ? `, ${job.failed.length} failed` : ''}
          </span>
          {isOver ? null : <TimeLeft progress={progress} />}
        </p>
        {isOver ? null : (
          <ProgressBar label="Catalogue" percent={progress === undefined ? null : percent(progress)} />
        )}
      </section>
      <CatalogueTable job={job} />
      <section class="catalogue-acts">
        {isOver ? null : (
          <button
            type="button"
            class="button"
            disabled={isAway}
            onClick={() => app.companion.send({ type: 'cancel', job: job.job })}
          >
            Cancel
          </button>
        )}
        {isOver && made < cells.length ? (
          <button type="button" class="button" disabled={isAway} onClick={() => catalogues.resume(job.job)}>
            {job.status.state === 'done' ? 'Try all failed again' : 'Resume'}
          </button>
        ) : null}
        {made > 0 ? (
          <button
            type="button"
            class="button primary"
            disabled={isAway || catalogues.placing.value !== undefined}
            onClick={() => catalogues.place(job)}
          >
            {catalogues.placing.value === job.job ? 'Placing…' : 'Place as table on the canvas'}
          </button>
        ) : null}
      </section>
      {catalogues.failure.value === undefined ? null : <FailureNote report={catalogues.failure.value} />}
      {job.status.state === 'failed' ? <FailureNote report={job.status} /> : null}
      <FailedCells job={job} />
    </div>
  );
}

/** Pixels of a thumbnail's longer side. */
const THUMBNAIL = 56;

/** A row a product, a column a scene and size. */
function CatalogueTable({ job }: { readonly job: CatalogueJob }) {
  const { pictures } = useApp();
  const columns = tableColumns(job.request);
  const cells = catalogueCells(job.request);
  const numbers = new Map(
    cells.map((cell, number) => [`${cell.product} ${columnOf(cell, columns)}`, number] as const),
  );
  const failed = new Map(job.failed.map((failure) => [failure.cell, failure.message]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section class="grid-scroll" aria-label="Pictures" tabIndex={0}>
      <table class="catalogue">
        <thead>
          <tr>
            <td />
            {columns.map(({ label, width, height, seed }) => (
              <th key={`${label} ${width} ${height} ${seed}`} scope="col">
                {label}
                <span class="quiet">
                  {width} × {height}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {job.request.products.map((product) => (
            <tr key={product}>
              <th scope="row">@{product}</th>
              {columns.map(({ width, height }, column) => {
                const number = numbers.get(`${product} ${column}`)!;
                const scale = THUMBNAIL / Math.max(width, height);
                const view = pictures.get(job.job, number);
                const fault = failed.get(number);
                return (
                  <td key={number}>
                    <div
                      class={fault === undefined ? 'catalogue-cell' : 'catalogue-cell failed'}
                      style={{ width: `${width * scale}px`, height: `${height * scale}px` }}
                      title={fault ?? cellText(cells[number]!)}
                    >
                      {view === undefined ? null : <img src={view.url} alt={cellText(cells[number]!)} />}
                      {fault === undefined ? null : <Icon name="warning" />}
                    </div>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function FailedCells({ job }: { readonly job: CatalogueJob }) {
  const app = useApp();
  const cells = catalogueCells(job.request);
  const isOver = job.status.state !== 'running' && job.status.state !== 'queued';
  return (
    <>
      {job.failed.map(({ cell, message, advice }) => (
        <Note key={cell} tone="warning" title={cellText(cells[cell]!)}>
          <p>
            {message}. {advice}
          </p>
          {isOver ? (
            <button
              type="button"
              class="button small"
              disabled={!app.connected.value}
              aria-label={`Retry ${cellText(cells[cell]!)}`}
              onClick={() => app.generating.catalogues.resume(job.job, [cell])}
            >
              Retry
            </button>
          ) : null}
        </Note>
      ))}
    </>
  );
}

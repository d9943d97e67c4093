import { useEffect } from 'preact/hooks';
import { catalogueCells } from '../../../../shared/protocol/catalogue.ts';
import { useApp } from '../../app-context.ts';
import { ProgressBar, TimeLeft } from '../../parts/controls.tsx';
import { Icon } from '../../parts/icon.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { columnOf, tableColumns } from '../../work/catalogue/catalogue-table.ts';
import { type CatalogueJob, catalogueTitle, cellTitle } from '../../work/catalogue/catalogues.ts';
import { hasEnded } from '../../work/job-board.ts';
import { catalogueCount, percent } from '../../work/labels.ts';
import { CatalogueActs, FailedCells } from './catalogue-acts.tsx';

/** A catalogue that was asked for: its table, which fills while it is made, and what failed. */
export function CatalogueProgress({ job }: { readonly job: CatalogueJob }) {
  const app = useApp();
  const { catalogues } = app.generating;
  const isOver = hasEnded(job);
  const progress = app.board.progress.value.get(job.job);
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
          <span>{catalogueCount(job)}</span>
          {isOver ? null : <TimeLeft progress={progress} />}
        </p>
        {isOver ? null : (
          <ProgressBar label="Catalogue" percent={progress === undefined ? null : percent(progress)} />
        )}
      </section>
      <CatalogueTable job={job} />
      <CatalogueActs job={job} />
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
            {columns.map(({ label, width, height }) => (
              <th key={`${label} ${width} ${height}`} scope="col">
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
                const number = numbers.get(`${product} ${column}`);
                // A file asks for some of them only.
                if (number === undefined) return <td key={`${product} ${column}`} />;
                const scale = THUMBNAIL / Math.max(width, height);
                const view = pictures.get(job.job, number);
                const fault = failed.get(number);
                return (
                  <td key={number}>
                    <div
                      class={fault === undefined ? 'catalogue-cell' : 'catalogue-cell failed'}
                      style={{ width: `${width * scale}px`, height: `${height * scale}px` }}
                      title={fault ?? cellTitle(cells[number]!)}
                    >
                      {view === undefined ? null : <img src={view.url} alt={cellTitle(cells[number]!)} />}
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

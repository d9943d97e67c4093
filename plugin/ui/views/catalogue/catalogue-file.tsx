/** CatalogueFile: the place to drop a CSV file, and the file that was read, with what is wrong by line. */

import { useSignal } from '@preact/signals';
import { useApp } from '../../app-context.ts';
import { FailureNote, Note } from '../../parts/note.tsx';
import type { CatalogueFileRows, CatalogueImport } from '../../work/catalogue/catalogue-import.ts';

interface CatalogueFileProps {
  readonly file: CatalogueFileRows | undefined;
  readonly imported: CatalogueImport | undefined;
}

export function CatalogueFile({ file, imported }: CatalogueFileProps) {
  const { catalogues } = useApp().generating;
  const failure = catalogues.fileFailure.value;
  return (
    <section aria-label="Catalogue from a file">
      {file === undefined || imported === undefined ? (
        <FileDrop />
      ) : (
        <ReadFile file={file} imported={imported} />
      )}
      {failure === undefined ? null : (
        <FailureNote report={failure} onClose={() => (catalogues.fileFailure.value = undefined)} />
      )}
    </section>
  );
}

function FileDrop() {
  const { catalogues } = useApp().generating;
  const isOver = useSignal(false);
  const take = (files: FileList | null | undefined) => {
    const [file] = files ?? [];
    if (file !== undefined) void catalogues.readFile(file);
  };
  return (
    <label
      class={isOver.value ? 'file-drop over' : 'file-drop'}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <input
        type="file"
        class="visually-hidden"
        accept=".csv,.tsv,.txt,text/csv"
        aria-label="Catalogue from a CSV file"
        onChange={({ currentTarget }) => {
          take(currentTarget.files);
          currentTarget.value = '';
        }}
      />
      <span>
        <span class="link">Choose a CSV file</span> or drop it here
      </span>
      <span class="quiet">Columns product, scene, size; a row a picture</span>
    </label>
  );
}

/** Rows and problems that are shown of a file: it was written elsewhere, and is only looked over here. */
const SHOWN_ROWS = 50;
const SHOWN_PROBLEMS = 6;

function ReadFile({
  file,
  imported,
}: {
  readonly file: CatalogueFileRows;
  readonly imported: CatalogueImport;
}) {
  const { catalogues } = useApp().generating;
  const { cells, problems } = imported;
  const unused = file.rows.some(({ name }) => name !== undefined) ? [...file.ignored, 'name'] : file.ignored;
  const more = problems.length - SHOWN_PROBLEMS;
  return (
    <>
      <div class="section-head">
        <h3 class="fill-name">{file.name}</h3>
        <span class="quiet">
          {file.rows.length} {file.rows.length === 1 ? 'row' : 'rows'}
        </span>
        <button type="button" class="link" onClick={() => (catalogues.file.value = undefined)}>
          Remove
        </button>
      </div>
      {problems.length === 0 ? null : (
        <Note
          tone="warning"
          title={problems.length === 1 ? 'Fix this first' : `Fix these ${problems.length} first`}
        >
          <ul class="problems">
            {problems.slice(0, SHOWN_PROBLEMS).map(({ line, text }) => (
              <li key={`${line} ${text}`}>
                {line === undefined ? '' : `Line ${line}: `}
                {text}
              </li>
            ))}
          </ul>
          {more > 0 ? <p>And {more} more.</p> : null}
        </Note>
      )}
      {unused.length === 0 ? null : <p class="hint">Columns that are not used here: {unused.join(', ')}.</p>}
      {cells.length === 0 ? null : <Preview cells={cells} />}
    </>
  );
}

function Preview({ cells }: Pick<CatalogueImport, 'cells'>) {
  const hasNegatives = cells.some(({ negativePrompt }) => negativePrompt !== undefined);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section class="grid-scroll file-preview" aria-label="Pictures of the file" tabIndex={0}>
      <table class="catalogue">
        <thead>
          <tr>
            {['Line', 'Product', 'Scene', 'Size', 'Seed', ...(hasNegatives ? ['Without'] : [])].map(
              (name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {cells.slice(0, SHOWN_ROWS).map(({ line, product, scene, width, height, seed, negativePrompt }) => (
            <tr key={line}>
              <td class="quiet">{line}</td>
              <td>@{product}</td>
              <td class="words">{scene}</td>
              <td>
                {width} × {height}
              </td>
              <td>{seed}</td>
              {hasNegatives ? <td class="words">{negativePrompt}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
      {cells.length > SHOWN_ROWS ? <p class="hint">And {cells.length - SHOWN_ROWS} more.</p> : null}
    </section>
  );
}

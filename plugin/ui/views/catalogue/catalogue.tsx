import { SEED_MAX } from '../../../../shared/protocol/limits.ts';
import type { ModelSummary } from '../../../../shared/protocol/server-messages.ts';
import { useApp } from '../../app-context.ts';
import { StartButton } from '../../parts/controls.tsx';
import { Form, NumberField, Row } from '../../parts/field.tsx';
import { importedCatalogue, requestedCells } from '../../work/catalogue/catalogue-import.ts';
import {
  type CatalogueDraft,
  catalogueTitle,
  draftCount,
  draftProblem,
  listsOf,
  typedScenes,
  withPresetLists,
} from '../../work/catalogue/catalogues.ts';
import { CatalogueFile } from './catalogue-file.tsx';
import { CatalogueProgress } from './catalogue-progress.tsx';
import { CatalogueSizes } from './catalogue-sizes.tsx';
import { PresetChoice } from './preset-choice.tsx';

/** Many products in many scenes and sizes: the form of the next one, or one that was asked for. */
export function Catalogue() {
  const { catalogues } = useApp().generating;
  const job = catalogues.jobs.value.get(catalogues.shown.value ?? '');
  return job === undefined ? <CatalogueForm /> : <CatalogueProgress job={job} />;
}

function CatalogueForm() {
  const app = useApp();
  const { catalogues, presets } = app.generating;
  const draft = catalogues.draft.value;
  const model = app.model.value;
  const file = catalogues.file.value;
  const change = (part: Partial<CatalogueDraft>) => {
    catalogues.draft.value = { ...catalogues.draft.value, ...part };
  };
  if (model === undefined) return null;
  const imported =
    file &&
    importedCatalogue(file, {
      concepts: app.library.concepts.value,
      presets: presets.known.value,
      chosen: presets.current,
      seed: draft.seed,
    });
  const problem = imported === undefined ? draftProblem(draft) : imported.problems[0]?.text;
  const count = imported?.cells.length ?? draftCount(draft);
  const canStart = problem === undefined && app.connected.value && catalogues.isKnown.value;
  const start = () => {
    if (!canStart) return;
    if (imported === undefined) catalogues.start(listsOf(draft), model, presets.current);
    else catalogues.start(requestedCells(imported), model, imported.preset);
  };
  return (
    <Form class="view" submitBy="command-enter" onSubmit={start}>
      <CatalogueFile file={file} imported={imported} />
      {file === undefined ? (
        <>
          <ProductChoice draft={draft} onChange={change} />
          <ScenesChoice draft={draft} model={model} onChange={change} />
          <CatalogueSizes sizes={draft.sizes} model={model} onChange={(sizes) => change({ sizes })} />
        </>
      ) : null}
      <CommonSettings draft={draft} onChange={change} />
      <div class="actions">
        {problem && imported === undefined ? <p class="hint problem">{problem}</p> : null}
        <StartButton disabled={!canStart}>
          {count === 0 ? 'Make the catalogue' : `Make ${count} ${count === 1 ? 'picture' : 'pictures'}`}
        </StartButton>
      </div>
      <EarlierCatalogues />
    </Form>
  );
}

interface PartProps {
  readonly draft: CatalogueDraft;
  readonly onChange: (part: Partial<CatalogueDraft>) => void;
}

/** Preset and seed of all pictures, as far as a file's rows do not have them. */
function CommonSettings({ draft, onChange }: PartProps) {
  const { catalogues } = useApp().generating;
  const rows = catalogues.file.value?.rows;
  return (
    <section class="rows">
      {rows?.some(({ preset }) => preset !== undefined) ? null : (
        <PresetChoice
          id="catalogue-preset"
          onApply={(preset) => {
            if (rows === undefined) onChange(withPresetLists(catalogues.draft.value, preset));
          }}
        />
      )}
      {rows?.every(({ seed }) => seed !== undefined) ? null : (
        <Row
          id="catalogue-seed"
          label="Seed"
          hint={rows === undefined ? 'The same for every picture.' : 'For rows that have none.'}
        >
          <NumberField
            id="catalogue-seed"
            value={draft.seed}
            min={0}
            max={SEED_MAX}
            onChange={(seed) => onChange({ seed: Math.round(seed ?? 0) })}
          />
        </Row>
      )}
    </section>
  );
}

/** Concepts of the library; selected frames on the canvas stand for those of their names. */
function ProductChoice({ draft, onChange }: PartProps) {
  const app = useApp();
  const names = app.library.concepts.value.filter(({ usable }) => usable).map(({ name }) => name);
  const variant = app.selection.variant.value?.concepts.map(({ name }) => name) ?? [];
  const layers = app.selection.frames.value.map(({ name }) => name.trim().toLowerCase().replace(/^@/, ''));
  const selected = names.filter((name) => layers.includes(name) || variant.includes(name));
  const { products } = draft;
  return (
    <section class="group">
      <div class="section-head">
        <h3>Products</h3>
        {selected.length === 0 ? null : (
          <button
            type="button"
            class="link"
            onClick={() => onChange({ products: [...new Set([...products, ...selected])] })}
          >
            Take the selected {selected.length === 1 ? 'one' : selected.length}
          </button>
        )}
      </div>
      {names.length === 0 ? <p class="hint">Nothing was taught on this model yet.</p> : null}
      <div class="chips">
        {names.map((name) => (
          <button
            key={name}
            type="button"
            class="chip"
            aria-pressed={products.includes(name)}
            onClick={() =>
              onChange({
                products: products.includes(name)
                  ? products.filter((one) => one !== name)
                  : [...products, name],
              })
            }
          >
            @{name}
          </button>
        ))}
      </div>
    </section>
  );
}

function ScenesChoice({ draft, model, onChange }: PartProps & { readonly model: ModelSummary }) {
  const { presets } = useApp().generating;
  const scenes = typedScenes(draft.scenes);
  const offered = [...new Set([...(presets.current?.scenes ?? []), ...model.placements])];
  const toggled = (scene: string) =>
    scenes.includes(scene) ? scenes.filter((one) => one !== scene) : [...scenes, scene];
  return (
    <section class="group">
      <label for="catalogue-scenes" class="title">
        Scenes, one a line
      </label>
      <textarea
        id="catalogue-scenes"
        class="input"
        rows={4}
        placeholder={'on a beach\na shelf with {product} on it'}
        value={draft.scenes}
        onInput={({ currentTarget }) => onChange({ scenes: currentTarget.value })}
      />
      <div class="chips">
        {offered.slice(0, 8).map((scene) => (
          <button
            key={scene}
            type="button"
            class="chip"
            aria-pressed={scenes.includes(scene)}
            onClick={() => onChange({ scenes: toggled(scene).join('\n') })}
          >
            {scene}
          </button>
        ))}
      </div>
    </section>
  );
}

function EarlierCatalogues() {
  const { catalogues } = useApp().generating;
  const jobs = [...catalogues.jobs.value.values()];
  if (jobs.length === 0) return null;
  return (
    <section class="group" aria-label="Catalogues">
      <h3>Catalogues</h3>
      <ul class="queue">
        {jobs.map((job) => (
          <li key={job.job} class="queue-item">
            <button type="button" class="link queue-text" onClick={() => (catalogues.shown.value = job.job)}>
              {job.request.products.map((name) => `@${name}`).join(', ')}
            </button>
            <span class="quiet">{catalogueTitle(job.request)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { Icon } from '../parts/icon.tsx';
import { FailureNote } from '../parts/note.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { ConceptCard } from './concept-card.tsx';

export function Library() {
  const app = useApp();
  const { library } = app;
  const search = useSignal('');
  const open = useSignal<string | undefined>(undefined);
  const typed = search.value.trim().toLowerCase();
  const concepts = library.concepts.value;
  const found = concepts.filter(
    ({ name, classWord, rights }) =>
      typed === '' || [name, classWord, ...Object.values(rights)].join(' ').toLowerCase().includes(typed),
  );
  const removed = library.removed.value;
  return (
    <div class="view">
      {library.failure.value === undefined ? null : <FailureNote report={library.failure.value} />}
      {removed === undefined ? null : (
        <div class="banner" role="status">
          <span class="banner-text">Removed @{removed.name}.</span>
          <button type="button" class="link" onClick={() => library.restore(removed)}>
            Take it back
          </button>
        </div>
      )}
      {concepts.length === 0 ? (
        <section class="empty">
          <Icon name="frame" />
          <h2>No concepts yet</h2>
          <p>A product you teach is kept here, for every file you open.</p>
          <button type="button" class="button" onClick={() => app.show('teach')}>
            Teach a product
          </button>
        </section>
      ) : (
        <>
          <SearchField
            label="Search concepts"
            value={search.value}
            onChange={(text) => {
              search.value = text;
            }}
          />
          {found.length === 0 ? <p class="nothing">Nothing matches “{search}”.</p> : null}
          <ul class="cards">
            {found.map((concept) => (
              <ConceptCard
                key={concept.id}
                concept={concept}
                isOpen={open.value === concept.id}
                onToggle={() => {
                  open.value = open.value === concept.id ? undefined : concept.id;
                }}
              />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

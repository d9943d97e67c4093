import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ConceptSummary } from '../../../../shared/protocol/concept.ts';
import type { RemovedConcepts } from '../../../../shared/protocol/http.ts';
import { CONCEPT_TRASH_DAYS } from '../../../../shared/protocol/limits.ts';
import { useApp } from '../../app-context.ts';
import { SearchField } from '../../parts/controls.tsx';
import { Icon } from '../../parts/icon.tsx';
import { FailureNote, MissingList, RemovedBanner } from '../../parts/note.tsx';
import { ConceptCard, titleId } from './concept-card.tsx';
import { ConceptImport } from './concept-import.tsx';

export function Library() {
  const { library } = useApp();
  const view = useRef<HTMLDivElement>(null);
  /** Removed a moment ago: said where the eye is, and once more below when the view is opened again. */
  const justRemoved = useSignal<ConceptSummary | undefined>(undefined);
  const concepts = library.concepts.value;
  // The button that was pressed is gone; the keyboard goes on from what took its place.
  useEffect(() => {
    if (justRemoved.value !== undefined) view.current?.querySelector<HTMLElement>('.banner .link')?.focus();
  }, [justRemoved.value]);
  const remove = async (concept: ConceptSummary) => {
    if (await library.remove(concept)) justRemoved.value = concept;
  };
  const restore = async (id: string) => {
    if (!(await library.restore(id))) return;
    justRemoved.value = undefined;
    document.getElementById(titleId(id))?.focus();
  };
  const banner = justRemoved.value;
  return (
    <div class="view" ref={view}>
      {library.failure.value === undefined ? null : <FailureNote report={library.failure.value} />}
      {banner === undefined ? null : (
        <RemovedBanner what={`@${banner.name}`} action="Restore" onAction={() => restore(banner.id)} />
      )}
      {concepts.length === 0 ? <NoConcepts /> : <Concepts concepts={concepts} onRemove={remove} />}
      <ConceptImport />
      <RemovedList
        removed={library.removed.value.filter(({ id }) => id !== banner?.id)}
        onRestore={restore}
      />
    </div>
  );
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Days in which a removed concept can be restored, in words. The companion deletes older ones when it starts.
 * @internal
 */
export function daysLeft(removedAt: string, now: Date): string {
  const goneAtMs = Date.parse(removedAt) + CONCEPT_TRASH_DAYS * DAY_MS;
  const days = Math.ceil((goneAtMs - now.getTime()) / DAY_MS);
  if (days <= 0) return 'deleted when the companion starts next';
  return days === 1 ? '1 day left' : `${days} days left`;
}

interface RemovedListProps {
  readonly removed: RemovedConcepts['concepts'];
  readonly onRestore: (id: string) => void;
}

/** Removed concepts that can still be restored. */
function RemovedList({ removed, onRestore }: RemovedListProps) {
  const isConnected = useApp().connected.value;
  if (removed.length === 0) return null;
  return (
    <section aria-label="Recently removed">
      <div class="section-head">
        <h2>Recently removed</h2>
      </div>
      <ul class="queue">
        {removed.map(({ id, name, classWord, removedAt }) => (
          <li key={id} class="queue-item">
            <span class="queue-text">
              @{name}
              <span class="quiet">
                {classWord} · {daysLeft(removedAt, new Date())}
              </span>
            </span>
            <button
              type="button"
              class="button small"
              aria-label={`Restore @${name}`}
              disabled={!isConnected}
              onClick={() => onRestore(id)}
            >
              Restore
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ConceptsProps {
  readonly concepts: readonly ConceptSummary[];
  readonly onRemove: (concept: ConceptSummary) => void;
}

function Concepts({ concepts, onRemove }: ConceptsProps) {
  const { open } = useApp().library;
  const search = useSignal('');
  const typed = search.value.trim().toLowerCase();
  const found = concepts.filter(
    ({ name, classWord, rights }) =>
      typed === '' || [name, classWord, ...Object.values(rights)].join(' ').toLowerCase().includes(typed),
  );
  return (
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
            onRemove={() => onRemove(concept)}
          />
        ))}
      </ul>
    </>
  );
}

function NoConcepts() {
  const app = useApp();
  return (
    <MissingList isKnown={app.library.isKnown.value}>
      <section class="empty">
        <Icon name="frame" />
        <h2>No concepts yet</h2>
        <p>A product you teach is kept here, for every file you open.</p>
        <button type="button" class="button" onClick={() => app.show('teach')}>
          Teach a product
        </button>
      </section>
    </MissingList>
  );
}

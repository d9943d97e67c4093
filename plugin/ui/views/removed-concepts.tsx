import { useApp } from '../app-context.ts';
import type { RemovedConcept } from '../concepts/library.ts';
import { daysLeft } from './trash-days.ts';

interface RemovedConceptsProps {
  readonly removed: readonly RemovedConcept[];
  readonly onRestore: (id: string) => void;
}

/** What the companion still keeps aside. */
export function RemovedConcepts({ removed, onRestore }: RemovedConceptsProps) {
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

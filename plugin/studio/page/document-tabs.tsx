import { useSignal } from '@preact/signals';
import { StudioIcon } from './icon.tsx';
import type { Studio } from './studio.ts';

/** The documents, as tabs. A double click renames one. */
export function DocumentTabs({ studio }: { studio: Studio }) {
  const renaming = useSignal<string | undefined>(undefined);
  const open = studio.session.value.id;
  return (
    <nav class="documents" aria-label="Documents">
      {studio.documents.value.map(({ id, name }) =>
        renaming.value === id ? (
          <input
            key={id}
            value={name}
            aria-label="Name of the document"
            maxLength={60}
            ref={(input) => input?.select()}
            onKeyDown={(event) => {
              if (event.key === 'Escape') renaming.value = undefined;
              if (event.key === 'Enter') event.currentTarget.blur();
            }}
            onBlur={(event) => {
              if (renaming.value === id) studio.renameDocument(id, event.currentTarget.value);
              renaming.value = undefined;
            }}
          />
        ) : (
          <span
            key={id}
            class={id === open ? 'document open' : 'document'}
            ref={(tab) => {
              if (id === open) tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
            }}
          >
            <button
              type="button"
              aria-current={id === open ? 'page' : undefined}
              title="Double-click to rename"
              onClick={() => studio.switchTo(id)}
              onDblClick={() => {
                renaming.value = id;
              }}
            >
              {name}
            </button>
            {id === open && (
              <button
                type="button"
                class="remove"
                aria-label={`Delete ${name}`}
                onClick={() => studio.deleteDocument(id)}
              >
                <StudioIcon name="close" />
              </button>
            )}
          </span>
        ),
      )}
      <button type="button" class="new" aria-label="New document" onClick={() => studio.createDocument()}>
        <StudioIcon name="plus" />
      </button>
    </nav>
  );
}

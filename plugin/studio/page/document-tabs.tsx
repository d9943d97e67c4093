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
          <DocumentTab
            key={id}
            name={name}
            isOpen={id === open}
            onOpen={() => studio.switchTo(id)}
            onRename={() => {
              renaming.value = id;
            }}
            onDelete={() => studio.deleteDocument(id)}
          />
        ),
      )}
      <button type="button" class="new" aria-label="New document" onClick={() => studio.createDocument()}>
        <StudioIcon name="plus" />
      </button>
    </nav>
  );
}

interface DocumentTabProps {
  readonly name: string;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
  readonly onRename: () => void;
  readonly onDelete: () => void;
}

function DocumentTab({ name, isOpen, onOpen, onRename, onDelete }: DocumentTabProps) {
  return (
    <span
      class={isOpen ? 'document open' : 'document'}
      ref={(tab) => {
        if (isOpen) tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      }}
    >
      <button
        type="button"
        aria-current={isOpen ? 'page' : undefined}
        title="Double-click to rename"
        onClick={onOpen}
        onDblClick={onRename}
      >
        {name}
      </button>
      {isOpen && (
        <button type="button" class="remove" aria-label={`Delete ${name}`} onClick={onDelete}>
          <StudioIcon name="close" />
        </button>
      )}
    </span>
  );
}

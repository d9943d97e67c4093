import { useSignal } from '@preact/signals';
import type { ConceptSummary } from '../../../shared/protocol/concept.ts';
import { RIGHTS_MAX_LENGTH } from '../../../shared/protocol/limits.ts';
import { useApp } from '../app-context.ts';
import { isConceptName, toConceptName } from '../concepts/concept-name.ts';
import { Row } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { Icon } from '../parts/icon.tsx';
import { IconButton } from '../parts/icon-button.tsx';
import { ago } from '../work/job-words.ts';

interface ConceptCardProps {
  readonly concept: ConceptSummary;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

export function ConceptCard({ concept, isOpen, onToggle }: ConceptCardProps) {
  const app = useApp();
  const { name, classWord, version, rights, usable } = concept;
  const url = app.library.thumbnailOf(concept);
  const facts = [classWord, version > 1 ? `version ${version}` : '', rights.owner ?? ''].filter(Boolean);
  return (
    <li class={isOpen ? 'card open' : 'card'}>
      <div class="card-head">
        {url === undefined ? <span class="card-thumb" /> : <img class="card-thumb" src={url} alt="" />}
        <button type="button" class="card-title" aria-expanded={isOpen} onClick={onToggle}>
          <span class="title">@{name}</span>
          <span class="quiet">{facts.join(' · ')}</span>
          <RightsLine concept={concept} />
        </button>
        <button type="button" class="button small" disabled={!usable} onClick={() => app.use(name)}>
          Use
        </button>
        <IconButton icon="more" label={`Details of @${name}`} pressed={isOpen} onClick={onToggle} />
      </div>
      {usable ? null : (
        <p class="hint problem">Taught on another image model, “{concept.model}”. Teach it again.</p>
      )}
      {isOpen ? <ConceptDetails concept={concept} /> : null}
    </li>
  );
}

function RightsLine({ concept }: { readonly concept: ConceptSummary }) {
  const { expires, licence, note } = concept.rights;
  if (expires !== undefined && expires < new Date().toISOString().slice(0, 10)) {
    return (
      <span class="rights expired">
        <Icon name="warning" /> Rights ended on {expires}
      </span>
    );
  }
  const text = licence ?? note;
  return text === undefined ? null : <span class="rights quiet">{text}</span>;
}

function ConceptDetails({ concept }: { readonly concept: ConceptSummary }) {
  const { library } = useApp();
  const { id, rights, referenceCount, sizeBytes, createdAt } = concept;
  const name = useSignal(concept.name);
  const owner = useSignal(rights.owner ?? '');
  const note = useSignal(rights.note ?? '');
  const expires = useSignal(rights.expires ?? '');
  const fields = [
    { key: 'name', label: 'Name', value: name },
    { key: 'owner', label: 'Owner', value: owner },
    { key: 'note', label: 'Rights note', value: note },
  ] as const;
  const newName = toConceptName(name.value);
  const save = () =>
    library.change(concept, {
      ...(newName === concept.name ? {} : { name: newName }),
      rights: {
        ...(rights.licence === undefined ? {} : { licence: rights.licence }),
        ...(owner.value.trim() === '' ? {} : { owner: owner.value.trim() }),
        ...(note.value.trim() === '' ? {} : { note: note.value.trim() }),
        ...(expires.value === '' ? {} : { expires: expires.value }),
      },
    });
  return (
    <Form class="rows" onSubmit={() => save()}>
      {fields.map(({ key, label, value }) => (
        <Row key={key} id={`${id}-${key}`} label={label}>
          <input
            id={`${id}-${key}`}
            class="input"
            maxLength={RIGHTS_MAX_LENGTH}
            value={value}
            onInput={({ currentTarget }) => {
              value.value = currentTarget.value;
            }}
          />
        </Row>
      ))}
      <Row id={`${id}-expires`} label="Usable until">
        <input
          id={`${id}-expires`}
          class="input"
          type="date"
          value={expires}
          onInput={({ currentTarget }) => {
            expires.value = currentTarget.value;
          }}
        />
      </Row>
      <p class="hint">
        {referenceCount} frames · {(sizeBytes / 1e6).toFixed(1)} MB · taught {ago(createdAt, new Date())}
      </p>
      <div class="card-actions">
        <button type="submit" class="button small" disabled={!isConceptName(newName)}>
          Save
        </button>
        <button type="button" class="button small danger" onClick={() => library.remove(concept)}>
          <Icon name="trash" /> Remove
        </button>
      </div>
    </Form>
  );
}

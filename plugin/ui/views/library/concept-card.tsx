import { type ConceptSummary, isExpired } from '../../../../shared/protocol/concept.ts';
import { useApp } from '../../app-context.ts';
import { Icon, IconButton } from '../../parts/icon.tsx';
import { TeachAgainButton } from '../../parts/teach-again.tsx';
import { dateText } from '../../work/labels.ts';
import { ConceptDetails } from './concept-details.tsx';
import { ConceptPicture } from './concept-picture.tsx';

interface ConceptCardProps {
  readonly concept: ConceptSummary;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly onRemove: () => void;
}

/** Id of the part of a card that is always there. */
export function titleId(id: string): string {
  return `${id}-title`;
}

export function ConceptCard({ concept, isOpen, onToggle, onRemove }: ConceptCardProps) {
  const app = useApp();
  const { name, classWord, version, rights, usable } = concept;
  const facts = [classWord, version > 1 ? `version ${version}` : '', rights.owner ?? ''].filter(Boolean);
  return (
    <li class={isOpen ? 'card open' : 'card'}>
      <div class="card-head">
        <ConceptPicture concept={concept} version={version} />
        <button
          type="button"
          id={titleId(concept.id)}
          class="card-title"
          aria-expanded={isOpen}
          onClick={onToggle}
        >
          <span class="title">@{name}</span>
          <span class="quiet">{facts.join(' · ')}</span>
          <RightsLine concept={concept} />
        </button>
        <button type="button" class="button small" disabled={!usable} onClick={() => app.use(name)}>
          Use
        </button>
        <IconButton icon="more" label={`Details of @${name}`} pressed={isOpen} onClick={onToggle} />
      </div>
      <ModelLine concept={concept} />
      {isOpen ? <ConceptDetails concept={concept} onRemove={onRemove} /> : null}
    </li>
  );
}

/** The model that it was taught on, where that is another one than the one in use, and the way out. */
function ModelLine({ concept }: { readonly concept: ConceptSummary }) {
  const { usable, note, model, kept } = concept;
  if (isExpired(concept.rights, new Date()) || (usable && note === undefined)) return null;
  const otherwise = kept === undefined ? ' Select its frames and teach it again.' : '';
  return (
    <p class={usable ? 'hint' : 'hint problem'}>
      {note ?? `Taught on another image model, “${model}”.${otherwise}`}{' '}
      <TeachAgainButton concept={concept} />
    </p>
  );
}

function RightsLine({ concept }: { readonly concept: ConceptSummary }) {
  const { expires, licence, note } = concept.rights;
  if (isExpired(concept.rights, new Date())) {
    return (
      <span class="rights expired">
        <Icon name="warning" /> Rights ended on {dateText(expires!)}
      </span>
    );
  }
  const text = [licence ?? note, expires && `until ${dateText(expires)}`].filter(Boolean).join(' · ');
  return text === '' ? null : <span class="rights quiet">{text}</span>;
}

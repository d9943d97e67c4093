import { useRef, useState } from 'preact/hooks';
import { complete, completions, type OpenMention, openMention } from '../../../shared/mentions.ts';
import type { ConceptSummary } from '../../../shared/protocol/concept.ts';
import { PROMPT_MAX_LENGTH } from '../../../shared/protocol/limits.ts';

/** More do not fit below the prompt; typing narrows them. */
const SHOWN = 6;

interface MentionFieldProps {
  readonly id: string;
  readonly value: string;
  readonly concepts: readonly ConceptSummary[];
  readonly thumbnailOf: (concept: ConceptSummary) => string | undefined;
  readonly onChange: (text: string) => void;
}

/** A prompt in which @ offers the library's concepts: arrow keys and Enter, Tab or a click take one, Escape none. */
export function MentionField({ id, value, concepts, thumbnailOf, onChange }: MentionFieldProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [mention, setMention] = useState<OpenMention | undefined>(undefined);
  const [active, setActive] = useState(0);
  const offers = mention === undefined ? [] : completions(mention.query, concepts).slice(0, SHOWN);

  const follow = ({ value: text, selectionStart, selectionEnd }: HTMLTextAreaElement) => {
    const open = selectionStart === selectionEnd ? openMention(text, selectionStart) : undefined;
    if (open?.query !== mention?.query) setActive(0);
    setMention(open);
  };
  const take = (name: string) => {
    if (mention === undefined) return;
    const { text, caret } = complete(value, mention, name);
    // At once, not after the next rendering: the next key may come before that.
    const input = field.current;
    if (input !== null) {
      input.value = text;
      input.focus();
      input.setSelectionRange(caret, caret);
    }
    onChange(text);
    setMention(undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // With Enter they belong to the form.
    if (event.metaKey || event.ctrlKey) return;
    if (offers.length === 0 || event.isComposing) return;
    if (event.key === 'ArrowDown') setActive((active + 1) % offers.length);
    else if (event.key === 'ArrowUp') setActive((active + offers.length - 1) % offers.length);
    else if (event.key === 'Enter' || event.key === 'Tab') take(offers[active]!.name);
    else if (event.key === 'Escape') setMention(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="mention-field">
      <textarea
        ref={field}
        id={id}
        class="input"
        rows={3}
        maxLength={PROMPT_MAX_LENGTH}
        placeholder="@product on a beach at sunset"
        spellcheck={false}
        value={value}
        aria-label="Prompt"
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-controls={`${id}-offers`}
        aria-activedescendant={offers.length > 0 ? `${id}-offer-${active}` : undefined}
        onInput={({ currentTarget }) => {
          onChange(currentTarget.value);
          follow(currentTarget);
        }}
        onKeyDown={onKeyDown}
        onKeyUp={({ key, currentTarget }) => {
          if (key === 'ArrowLeft' || key === 'ArrowRight' || key === 'Home' || key === 'End')
            follow(currentTarget);
        }}
        onClick={({ currentTarget }) => follow(currentTarget)}
        onBlur={() => setMention(undefined)}
      />
      <Offers
        id={id}
        offers={offers}
        active={active}
        thumbnailOf={thumbnailOf}
        onTake={take}
        onActive={setActive}
      />
    </div>
  );
}

interface OffersProps extends Pick<MentionFieldProps, 'id' | 'thumbnailOf'> {
  readonly offers: readonly ConceptSummary[];
  /** Index of the one that Enter takes. */
  readonly active: number;
  readonly onTake: (name: string) => void;
  readonly onActive: (index: number) => void;
}

function Offers({ id, offers, active, thumbnailOf, onTake, onActive }: OffersProps) {
  return (
    <div id={`${id}-offers`} class="offers" role="listbox" aria-label="Concepts" hidden={offers.length === 0}>
      {offers.map((concept, index) => (
        <div
          key={concept.id}
          id={`${id}-offer-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          // Pressing must not take the focus from the prompt, which would close the list before the click.
          onMouseDown={(event) => {
            event.preventDefault();
            onTake(concept.name);
          }}
          onMouseEnter={() => onActive(index)}
        >
          <Thumb url={thumbnailOf(concept)} />
          <span>@{concept.name}</span>
          <span class="quiet">{concept.classWord}</span>
        </div>
      ))}
    </div>
  );
}

function Thumb({ url }: { readonly url: string | undefined }) {
  return url === undefined ? <span class="thumb" /> : <img class="thumb" src={url} alt="" />;
}

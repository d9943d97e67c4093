import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { mentionedNames } from '../concepts/mention.ts';
import { Form } from '../parts/form.tsx';
import { MentionField } from '../parts/mention-field.tsx';
import type { GenerateDraft } from '../work/drafts.ts';
import { GenerateSettings } from './generate-settings.tsx';
import { SelectedVariant } from './selected-variant.tsx';
import { Suggestions } from './suggestions.tsx';
import { Variants } from './variants.tsx';

const PROMPT_ID = 'prompt';

export function Generate() {
  const app = useApp();
  const draft = app.generateDraft.value;
  const concepts = app.library.concepts.value.filter(({ usable }) => usable);
  const start = useRef<HTMLButtonElement>(null);
  const change = (part: Partial<GenerateDraft>) => {
    app.generateDraft.value = { ...app.generateDraft.value, ...part };
  };
  const wish = app.focus.value;
  useEffect(() => {
    if (wish === 'prompt') focusPrompt();
    if (wish === 'start') start.current?.focus();
    if (wish !== null) app.focus.value = null;
  }, [wish, app]);

  const known = new Set(concepts.map(({ name }) => name));
  const unknown = mentionedNames(draft.prompt).filter((name) => !known.has(name));
  const canStart = app.connected.value && draft.prompt.trim() !== '' && unknown.length === 0;
  const submit = () => {
    if (canStart) app.generate();
  };
  const busy = app.board.running.value !== undefined;
  return (
    <Form class="view" onSubmit={submit}>
      <SelectedVariant />
      <section>
        <MentionField
          id={PROMPT_ID}
          value={draft.prompt}
          concepts={concepts}
          thumbnailOf={(concept) => app.library.thumbnailOf(concept)}
          onChange={(prompt) => change({ prompt })}
          onSubmit={submit}
        />
        {unknown.length > 0 ? (
          <p class="hint problem">The library has no @{unknown[0]}. Type @ to see what it has.</p>
        ) : (
          <Suggestions draft={draft} concepts={concepts} onChange={change} />
        )}
      </section>
      <GenerateSettings draft={draft} onChange={change} />
      <div class="actions">
        <button ref={start} type="submit" class="button primary wide" disabled={!canStart}>
          {busy ? 'Add to queue' : `Generate ${draft.count === 1 ? 'a variant' : `${draft.count} variants`}`}
        </button>
      </div>
      <Variants />
    </Form>
  );
}

function focusPrompt(): void {
  const field = document.getElementById(PROMPT_ID) as HTMLTextAreaElement | null;
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}

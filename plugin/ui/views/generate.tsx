import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { Form } from '../parts/form.tsx';
import { MentionField } from '../parts/mention-field.tsx';
import { StartButton } from '../parts/start-button.tsx';
import type { GenerateDraft } from '../work/drafts.ts';
import { nameProblem } from '../work/prompt-names.ts';
import { GenerateSettings } from './generate-settings.tsx';
import { NameProblemNote } from './name-problem.tsx';
import { PromptVersions } from './prompt-versions.tsx';
import { ReplacedPrompt } from './replaced-prompt.tsx';
import { SelectedVariant } from './selected-variant.tsx';
import { Suggestions } from './suggestions.tsx';
import { Variants } from './variants.tsx';

const PROMPT_ID = 'prompt';

export function Generate() {
  const app = useApp();
  const draft = app.generateDraft.value;
  const concepts = app.library.concepts.value;
  const usable = concepts.filter((concept) => concept.usable);
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

  const problem = nameProblem(draft, concepts);
  const canStart = app.connected.value && draft.prompt.trim() !== '' && problem === undefined;
  const submit = () => {
    if (canStart) app.generate();
  };
  const busy = app.board.running.value !== undefined;
  return (
    <Form class="view" submitBy="command-enter" onSubmit={submit}>
      <SelectedVariant />
      <ReplacedPrompt />
      <section>
        <MentionField
          id={PROMPT_ID}
          value={draft.prompt}
          concepts={usable}
          thumbnailOf={(concept) => app.library.thumbnailOf(concept)}
          onChange={(prompt) => change({ prompt })}
        />
        <PromptVersions />
        {problem === undefined ? (
          <Suggestions draft={draft} concepts={usable} onChange={change} />
        ) : (
          <NameProblemNote problem={problem} />
        )}
      </section>
      <GenerateSettings draft={draft} onChange={change} />
      <div class="actions">
        <StartButton button={start} disabled={!canStart}>
          {busy ? 'Add to queue' : `Generate ${draft.count === 1 ? 'a variant' : `${draft.count} variants`}`}
        </StartButton>
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

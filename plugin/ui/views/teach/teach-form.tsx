import { useEffect, useId } from 'preact/hooks';
import { CLASS_WORD } from '../../../../shared/protocol/concept.ts';
import { TEACH_MAX_IMAGES, TEACH_MAX_STEPS } from '../../../../shared/protocol/limits.ts';
import { useApp } from '../../app-context.ts';
import { isConceptName, nameAdvice, toConceptName } from '../../concepts/concept-edit.ts';
import { ProgressBar, StartButton } from '../../parts/controls.tsx';
import { Check, Form, NumberField, Row } from '../../parts/field.tsx';
import { MoreSettings } from '../../parts/more-settings.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { PrecisionRow } from '../../parts/precision-row.tsx';
import { RightsRows } from '../../parts/rights-rows.tsx';
import { changedTeachOptions, EMPTY_TEACH_OPTIONS, type TeachDraft } from '../../work/drafts.ts';
import { hasEnded } from '../../work/job-board.ts';
import { nextVersion } from '../../work/teach/teach-form-state.ts';
import { CutOutReview } from './cut-out-review.tsx';
import { DemonstrationNote } from './demonstration-note.tsx';
import { FrameGrid } from './frame-grid.tsx';
import { TeachProgress } from './teach-progress.tsx';

/** The form, or the teaching that was started from it. */
export function Teach() {
  const app = useApp();
  const shown = app.shownTeach.value;
  const job = shown === undefined ? undefined : app.board.jobs.value.get(shown);
  useHeadingForLostFocus(`${shown} ${job?.status.state}`);
  if (app.teaching.cutOuts.state.value.state === 'review') return <CutOutReview />;
  if (job?.kind === 'teach' && !(hasEnded(job) && job.status.state === 'cancelled')) {
    return <TeachProgress job={job} />;
  }
  return <TeachForm />;
}

/** Class words that fit on two lines. */
const CLASS_WORDS = 6;

function TeachForm() {
  const app = useApp();
  const draft = app.teachDraft.value;
  const frames = app.selection.frames.value.filter(({ nodeId }) => !draft.left.has(nodeId));
  const change = (part: Partial<TeachDraft>) => {
    app.teachDraft.value = { ...app.teachDraft.value, ...part };
  };
  const name = toConceptName(draft.name);
  const sending = app.teaching.sending.value;
  const isSending = sending.state === 'sending';
  const most = app.limits.value?.teachMaxImages ?? TEACH_MAX_IMAGES;
  const missing = whatIsMissing(frames.length, most, draft);
  const canStart = app.connected.value && !isSending && missing === undefined;
  const version = nextVersion(name, app.library.concepts.value, app.board.jobs.value);
  return (
    <Form
      class="view"
      submitBy="command-enter"
      onSubmit={() => {
        if (!canStart) return;
        change({ name });
        app.teach(frames.map(({ nodeId }) => nodeId));
      }}
    >
      <FrameGrid most={most} />
      <section class="rows">
        <NameRow draft={draft} name={name} version={version} onChange={change} />
        <ClassWordRow draft={draft} onChange={change} />
        <TeachOptions draft={draft} onChange={change} />
      </section>
      <DemonstrationNote classWord={draft.classWord} frames={frames} />
      <div class="actions">
        {sending.state === 'failed' ? (
          <FailureNote
            report={sending.report}
            subject={sending.frame}
            onClose={() => {
              app.teaching.sending.value = { state: 'idle' };
            }}
          />
        ) : null}
        <StartButton disabled={!canStart}>
          {isSending
            ? `Sending frame ${Math.min(sending.sent + 1, sending.total)} of ${sending.total}`
            : startText(name, version)}
        </StartButton>
        {missing === undefined ? null : <p class="hint centered">{missing}</p>}
        {isSending ? (
          <>
            <ProgressBar label="Sending frames" percent={(sending.sent / sending.total) * 100} />
            <button type="button" class="link" onClick={() => app.teaching.cancel()}>
              Cancel sending
            </button>
          </>
        ) : null}
      </div>
    </Form>
  );
}

/** The one thing to do next before teaching can start. */
function whatIsMissing(frames: number, most: number, draft: TeachDraft): string | undefined {
  if (frames === 0) return 'Select frames on the canvas first.';
  if (frames > most) return `Leave out frames until ${most} are left.`;
  if (!isConceptName(toConceptName(draft.name))) return nameAdvice(draft.name);
  if (!CLASS_WORD.test(draft.classWord.trim())) return 'Say in a word or two what it is.';
  return undefined;
}

interface RowProps {
  readonly draft: TeachDraft;
  readonly onChange: (part: Partial<TeachDraft>) => void;
}

function startText(name: string, version: number): string {
  return version === 1 ? 'Teach' : `Teach version ${version} of @${name}`;
}

interface NameRowProps extends RowProps {
  readonly name: string;
  readonly version: number;
}

function NameRow({ draft, name, version, onChange }: NameRowProps) {
  let hint = name === '' ? 'What prompts will call it.' : `Prompts mention it as @${name}.`;
  if (version > 1) hint = `The name is taken: this becomes version ${version} of @${name}.`;
  return (
    <Row id="teach-name" label="Name" hint={hint}>
      <input
        id="teach-name"
        class="input"
        placeholder="For example aurora"
        autocomplete="off"
        spellcheck={false}
        value={draft.name}
        onInput={({ currentTarget }) => onChange({ name: currentTarget.value })}
      />
    </Row>
  );
}

function ClassWordRow({ draft, onChange }: RowProps) {
  const words = useApp().model.value?.classWords ?? [];
  const typed = draft.classWord.trim().toLowerCase();
  const offers = words.filter((word) => word !== typed && word.includes(typed)).slice(0, CLASS_WORDS);
  const isKnown = words.length === 0 || typed === '' || words.includes(typed);
  return (
    <Row
      id="teach-class"
      label="It is a"
      hint={
        isKnown || offers.length > 0
          ? undefined
          : 'The model may not know this word. A plainer one works better.'
      }
    >
      <input
        id="teach-class"
        class="input"
        placeholder="For example bottle"
        autocomplete="off"
        value={draft.classWord}
        onInput={({ currentTarget }) => onChange({ classWord: currentTarget.value })}
      />
      {offers.length === 0 ? null : (
        <div class="chips">
          {offers.map((word) => (
            <button key={word} type="button" class="chip" onClick={() => onChange({ classWord: word })}>
              {word}
            </button>
          ))}
        </div>
      )}
    </Row>
  );
}

function TeachOptions({ draft, onChange }: RowProps) {
  const app = useApp();
  const steps = app.model.value?.defaults.teach.steps;
  const known = app.library.concepts.value.find(({ name }) => name === toConceptName(draft.name));
  const id = useId();
  return (
    <MoreSettings changed={changedTeachOptions(draft)} onReset={() => onChange(EMPTY_TEACH_OPTIONS)}>
      <div class="rows">
        <Row id={`${id}-steps`} label="Steps">
          <NumberField
            id={`${id}-steps`}
            value={draft.steps}
            placeholder={`Recommended: ${steps}`}
            min={1}
            max={TEACH_MAX_STEPS}
            onChange={(value) => onChange({ steps: value === null ? null : Math.round(value) })}
          />
        </Row>
        {app.models.precisions.length > 1 ? (
          <PrecisionRow
            id={`${id}-precision`}
            value={draft.precision}
            onChange={(precision) => onChange({ precision })}
          />
        ) : null}
        <RightsRows id={id} draft={draft} kept={known?.rights} onChange={onChange} />
        <Check checked={draft.mirror} onChange={(mirror) => onChange({ mirror })}>
          Also learn mirrored frames <span class="quiet">(not with lettering)</span>
        </Check>
        <Check checked={draft.keepReferences} onChange={(keepReferences) => onChange({ keepReferences })}>
          Keep the frames <span class="quiet">(on this computer, to teach it again on another model)</span>
        </Check>
      </div>
    </MoreSettings>
  );
}

/**
 * Moves the focus to the heading of new content when what had it is gone with the old: it would start over at the top
 * of the page. The focus of people who are at work on the canvas stays there.
 */
function useHeadingForLostFocus(content: string): void {
  useEffect(() => {
    if (!document.hasFocus() || document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>('#panel h2[tabindex]')?.focus();
  }, [content]);
}

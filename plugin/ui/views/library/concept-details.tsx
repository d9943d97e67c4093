import { useSignal } from '@preact/signals';
import type { ConceptSummary } from '../../../../shared/protocol/concept.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import { useApp } from '../../app-context.ts';
import {
  type ConceptEdit,
  changeOf,
  conceptNameProblem,
  isNameTaken,
  toConceptName,
} from '../../concepts/concept-edit.ts';
import { Form, Row } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { RightsRows } from '../../parts/rights-rows.tsx';
import { ago, frameCount } from '../../work/labels.ts';
import { ConceptExportNotes } from './concept-export.tsx';
import { ConceptPicture } from './concept-picture.tsx';

interface ConceptDetailsProps {
  readonly concept: ConceptSummary;
  readonly onRemove: () => void;
}

export function ConceptDetails({ concept, onRemove }: ConceptDetailsProps) {
  const app = useApp();
  const { library } = app;
  const { id, referenceCount, sizeBytes, createdAt } = concept;
  const outcome = useSignal<'saved' | ErrorReport | undefined>(undefined);
  const edit = library.editOf(concept);
  const enter = (part: Partial<ConceptEdit>) => {
    outcome.value = undefined;
    library.edit(concept, part);
  };
  const failure = outcome.value === 'saved' ? undefined : outcome.value;
  const name = toConceptName(edit.name);
  // Somebody else may have taken the name since the library was read.
  const isNameRefused = failure?.code === 'input' && name !== concept.name;
  const problem = isNameRefused
    ? isNameTaken(name)
    : conceptNameProblem(edit, concept, library.concepts.value);
  const change = changeOf(edit, concept);
  const canSave = change !== undefined && problem === undefined && app.connected.value;
  const save = async () => {
    if (!canSave) return;
    outcome.value = (await library.change(concept, change)) ?? 'saved';
    if (outcome.value === 'saved') app.say(`@${name} is saved.`);
  };
  return (
    <Form class="rows" onSubmit={save}>
      <NameRow id={id} value={edit.name} problem={problem} onChange={(text) => enter({ name: text })} />
      <RightsRows id={id} draft={edit} onChange={enter} />
      {failure === undefined || isNameRefused ? null : <FailureNote report={failure} />}
      <div class="card-actions">
        {/* Not disabled by the attribute, which would take the focus from whoever has just saved. */}
        <button type="submit" class="button small" aria-disabled={!canSave}>
          Save
        </button>
        <span class="saved">
          {outcome.value === 'saved' ? <Icon name="check" /> : null}
          {outcome.value === 'saved' ? 'Saved' : ''}
        </span>
      </div>
      <p class="hint">
        {frameCount(referenceCount)} · {(sizeBytes / 1e6).toFixed(1)} MB · taught {ago(createdAt, new Date())}
      </p>
      <KeptFrames concept={concept} />
      <ConceptVersions concept={concept} />
      <ConceptExportNotes concept={concept} />
      <div class="card-actions">
        <button type="button" class="button small danger" onClick={onRemove}>
          <Icon name="trash" /> Remove
        </button>
      </div>
    </Form>
  );
}

/** Frames that it keeps to be taught again from, and the way to be rid of them. */
function KeptFrames({ concept }: { readonly concept: ConceptSummary }) {
  const app = useApp();
  const { name, kept } = concept;
  if (kept === undefined) return null;
  const forget = async () => {
    if (await app.library.forgetReferences(concept)) app.say(`@${name} keeps no frames any more.`);
  };
  return (
    <p class="hint">
      Keeps {frameCount(kept.references)} on this computer ({(kept.sizeBytes / 1e6).toFixed(1)} MB), to be
      taught again on another model.{' '}
      <button
        type="button"
        class="link"
        aria-label={`Delete the frames that @${name} keeps`}
        disabled={!app.connected.value}
        onClick={forget}
      >
        Delete them
      </button>
    </p>
  );
}

/** Earlier versions of a concept, for whoever liked one better. */
function ConceptVersions({ concept }: { readonly concept: ConceptSummary }) {
  const app = useApp();
  const { id, name, versions, version: newest } = concept;
  if (versions.length < 2) return null;
  const use = (version: number) => {
    const draft = { ...app.generateDraft.value, prompt: `@${name} `, versions: [{ id, name, version }] };
    app.reuse(draft, 'prompt');
    const text = `The prompt uses version ${version} of @${name}`;
    app.bridge.send({ type: 'notify', text, error: false });
  };
  return (
    <ul class="queue" aria-label="Versions">
      {versions.map(({ version, createdAt, referenceCount, usable, model }) => (
        <li key={version} class="queue-item">
          <ConceptPicture concept={concept} version={version} />
          <span class="queue-text">
            Version {version}
            <span class="quiet">
              {frameCount(referenceCount)} · taught {ago(createdAt, new Date())}
              {model === undefined ? '' : ` on ${model}`}
            </span>
          </span>
          {version === newest ? (
            <span class="quiet">newest</span>
          ) : (
            <button
              type="button"
              class="button small"
              aria-label={`Use this version, ${version}`}
              disabled={!usable}
              onClick={() => use(version)}
            >
              Use this version
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

interface NameRowProps {
  readonly id: string;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (text: string) => void;
}

function NameRow({ id, value, problem, onChange }: NameRowProps) {
  const hint = (
    <span id={`${id}-problem`} class="problem">
      {problem}
    </span>
  );
  return (
    <Row id={`${id}-name`} label="Name" hint={problem === undefined ? undefined : hint}>
      <input
        id={`${id}-name`}
        class="input"
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </Row>
  );
}

import { type Signal, useSignal } from '@preact/signals';
import type { Preset } from '../../../../shared/protocol/preset.ts';
import { useApp } from '../../app-context.ts';
import { Row } from '../../parts/field.tsx';
import { downloadFile } from '../../parts/file-download.ts';
import { FailureNote, RemovedBanner } from '../../parts/note.tsx';
import { PresetEditor } from './preset-editor.tsx';

interface PresetChoiceProps {
  readonly id: string;
  /** @param before the one that was chosen until then */
  readonly onApply: (preset: Preset | undefined, before: Preset | undefined) => void;
  /** The settings on the screen under a name; absent where they are none of a preset's. */
  readonly presetNamed?: (name: string) => Preset;
}

/** Presets of the companion: one is applied, and the settings on the screen are saved as one. */
export function PresetChoice({ id, onApply, presetNamed }: PresetChoiceProps) {
  const app = useApp();
  const { presets } = app.generating;
  const isNaming = useSignal(false);
  const isEditing = useSignal(false);
  const chosen = presets.current;
  const model = app.model.value?.name;
  const isOtherModel = chosen?.model !== undefined && model !== undefined && chosen.model !== model;
  const choose = (name: string) => {
    const before = presets.current;
    presets.chosen.value = name === '' ? null : name;
    presets.removed.value = undefined;
    isEditing.value = false;
    onApply(presets.current, before);
  };
  const save = async (name: string) => {
    isNaming.value = false;
    const replaced = await presets.add([presetNamed!(name)]);
    if (replaced === undefined) return;
    presets.chosen.value = name;
    app.say(`Preset ${name} ${replaced.length > 0 ? 'updated' : 'saved'}.`);
  };
  const edit = async (after: Preset) => {
    if (chosen === undefined || !(await presets.edit(chosen, after))) return;
    isEditing.value = false;
    onApply(after, chosen);
    app.say(`Preset ${after.name} saved.`);
  };
  return (
    <>
      <Row id={id} label="Preset" hint={isOtherModel ? `Made for ${chosen.model}.` : undefined}>
        <PresetSelect id={id} chosen={chosen} onChoose={choose} />
        <PresetActs
          chosen={chosen}
          isNaming={isNaming}
          isEditing={isEditing}
          onUpdate={presetNamed && save}
        />
        {isNaming.value ? <NameField onSave={save} /> : null}
      </Row>
      {chosen !== undefined && isEditing.value ? (
        <PresetEditor
          key={chosen.name}
          preset={chosen}
          onSave={edit}
          onCancel={() => (isEditing.value = false)}
        />
      ) : null}
      <PresetNotes />
    </>
  );
}

interface PresetSelectProps {
  readonly id: string;
  readonly chosen: Preset | undefined;
  /** @param name empty for none */
  readonly onChoose: (name: string) => void;
}

function PresetSelect({ id, chosen, onChoose }: PresetSelectProps) {
  const { presets } = useApp().generating;
  return (
    <select
      id={id}
      class="input"
      value={chosen?.name ?? ''}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
    >
      <option value="">None</option>
      {presets.known.value.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

interface PresetActsProps {
  readonly chosen: Preset | undefined;
  readonly isNaming: Signal<boolean>;
  readonly isEditing: Signal<boolean>;
  /** Absent where the settings on the screen are none of a preset's. */
  readonly onUpdate: ((name: string) => void) | undefined;
}

function PresetActs({ chosen, isNaming, isEditing, onUpdate }: PresetActsProps) {
  const { presets } = useApp().generating;
  return (
    <div class="preset-acts">
      {onUpdate === undefined ? null : (
        <button type="button" class="link" onClick={() => (isNaming.value = !isNaming.value)}>
          Save as…
        </button>
      )}
      {chosen === undefined || onUpdate === undefined ? null : (
        <button type="button" class="link" onClick={() => onUpdate(chosen.name)}>
          Update
        </button>
      )}
      {chosen === undefined ? null : (
        <>
          <button
            type="button"
            class="link"
            aria-expanded={isEditing.value}
            onClick={() => (isEditing.value = !isEditing.value)}
          >
            Edit…
          </button>
          <button type="button" class="link" onClick={() => presets.remove(chosen)}>
            Remove
          </button>
        </>
      )}
      <ImportExport />
    </div>
  );
}

/** The preset that was removed last, to take back, and what failed. */
function PresetNotes() {
  const { presets } = useApp().generating;
  const { removed, failure } = presets;
  return (
    <>
      {removed.value === undefined ? null : (
        <RemovedBanner
          what={`“${removed.value.name}”`}
          action="Undo"
          onAction={() => presets.undoRemoval()}
        />
      )}
      {failure.value === undefined ? null : (
        <FailureNote report={failure.value} onClose={() => (failure.value = undefined)} />
      )}
    </>
  );
}

function NameField({ onSave }: { readonly onSave: (name: string) => void }) {
  const name = useSignal('');
  const isComplete = name.value.trim() !== '';
  return (
    <div class="joined">
      <input
        class="input"
        aria-label="Name of the preset"
        placeholder="Spring light"
        maxLength={60}
        value={name.value}
        onInput={({ currentTarget }) => (name.value = currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          if (isComplete) onSave(name.value.trim());
        }}
      />
      <button
        type="button"
        class="button small"
        disabled={!isComplete}
        onClick={() => onSave(name.value.trim())}
      >
        Save
      </button>
    </div>
  );
}

/** One file for a team. */
function ImportExport() {
  const app = useApp();
  const { presets } = app.generating;
  const take = async (input: HTMLInputElement) => {
    const [file] = input.files ?? [];
    input.value = '';
    const said = file && (await presets.importFile(file));
    if (said !== undefined) app.bridge.send({ type: 'notify', text: said, error: false });
  };
  const download = () => {
    const text = JSON.stringify({ schema: 1, presets: presets.known.value }, null, 2);
    downloadFile(new Blob([text], { type: 'application/json' }), 'likeness-presets.json');
  };
  return (
    <>
      <label class="link">
        Import
        <input
          type="file"
          class="visually-hidden"
          accept=".json,application/json"
          aria-label="Import presets"
          onChange={({ currentTarget }) => take(currentTarget)}
        />
      </label>
      {presets.known.value.length === 0 ? null : (
        <button type="button" class="link" onClick={download}>
          Export
        </button>
      )}
    </>
  );
}

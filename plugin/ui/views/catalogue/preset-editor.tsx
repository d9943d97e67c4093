/** PresetEditor: the words of a preset, its name among them. Its settings come from the screen, with Update. */

import { useSignal } from '@preact/signals';
import { type Preset, presetSchema } from '../../../../shared/protocol/preset.ts';
import { issueText } from '../../../../shared/protocol/zod.ts';
import { useApp } from '../../app-context.ts';
import { Row } from '../../parts/field.tsx';
import { typedScenes } from '../../work/catalogue/catalogues.ts';
import { plainName } from '../../work/catalogue/presets.ts';

interface PresetEditorProps {
  readonly preset: Preset;
  readonly onSave: (preset: Preset) => void;
  readonly onCancel: () => void;
}

export function PresetEditor({ preset, onSave, onCancel }: PresetEditorProps) {
  const { known } = useApp().generating.presets;
  const scenes = useSignal(preset.scenes.join('\n'));
  const lines = useSignal({
    name: preset.name,
    light: preset.light ?? '',
    palette: preset.palette ?? '',
    negativePrompt: preset.negativePrompt ?? '',
  });
  const parsed = presetSchema.safeParse(edited(preset, scenes.value, lines.value));
  const name = plainName(lines.value.name);
  const isTaken = known.value.some((one) => one.name !== preset.name && plainName(one.name) === name);
  const problem = isTaken
    ? 'Another preset has this name.'
    : parsed.success
      ? undefined
      : name === ''
        ? 'It needs a name.'
        : `${issueText(parsed.error)}.`;
  return (
    <fieldset class="preset-editor rows" aria-label={`Edit ${preset.name}`}>
      {FIELDS.map(({ key, label, placeholder }) => (
        <Row key={key} id={`preset-${key}`} label={label}>
          <input
            id={`preset-${key}`}
            class="input"
            placeholder={placeholder}
            value={lines.value[key]}
            onInput={({ currentTarget }) => (lines.value = { ...lines.value, [key]: currentTarget.value })}
          />
        </Row>
      ))}
      <Row id="preset-scenes" label="Scenes" hint="One a line.">
        <textarea
          id="preset-scenes"
          class="input"
          rows={3}
          placeholder={'on a beach\na shelf with {product} on it'}
          value={scenes}
          onInput={({ currentTarget }) => (scenes.value = currentTarget.value)}
        />
      </Row>
      {problem === undefined ? null : <p class="hint problem">{problem}</p>}
      <div class="preset-acts">
        <button
          type="button"
          class="button small"
          disabled={problem !== undefined}
          onClick={() => parsed.success && onSave(parsed.data)}
        >
          Save preset
        </button>
        <button type="button" class="button small" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </fieldset>
  );
}

const FIELDS = [
  { key: 'name', label: 'Name', placeholder: 'Spring light' },
  { key: 'light', label: 'Light', placeholder: 'soft morning light' },
  { key: 'palette', label: 'Palette', placeholder: 'teal and sand' },
  { key: 'negativePrompt', label: 'Leave out', placeholder: 'What must not be seen' },
] as const;

type Lines = Readonly<Record<(typeof FIELDS)[number]['key'], string>>;

/** The preset with what was typed; fields that are empty are absent. */
function edited(preset: Preset, scenes: string, { name, light, palette, negativePrompt }: Lines): object {
  const { light: _l, palette: _p, negativePrompt: _n, ...kept } = preset;
  return {
    ...{ ...kept, name: name.trim(), scenes: typedScenes(scenes) },
    ...(light.trim() !== '' && { light: light.trim() }),
    ...(palette.trim() !== '' && { palette: palette.trim() }),
    ...(negativePrompt.trim() !== '' && { negativePrompt: negativePrompt.trim() }),
  };
}

/** PresetEditor: all of a preset but its model, its name among them. */

import { useSignal } from '@preact/signals';
import { readSize, SIZE_EXAMPLES } from '../../../../shared/picture-size.ts';
import { GENERATE_MAX_STEPS, GUIDANCE_MAX } from '../../../../shared/protocol/limits.ts';
import { type Preset, presetSchema } from '../../../../shared/protocol/preset.ts';
import { issueText } from '../../../../shared/protocol/zod.ts';
import { useApp } from '../../app-context.ts';
import { NumberField, Row } from '../../parts/field.tsx';
import { typedScenes } from '../../work/catalogue/catalogues.ts';
import { plainName } from '../../work/catalogue/presets.ts';
import { LoraChoice } from '../generate/lora-choice.tsx';

interface PresetEditorProps {
  readonly preset: Preset;
  readonly onSave: (preset: Preset) => void;
  readonly onCancel: () => void;
}

export function PresetEditor({ preset, onSave, onCancel }: PresetEditorProps) {
  const { known } = useApp().generating.presets;
  const typed = useSignal(typedPreset(preset));
  const change = (part: Partial<TypedPreset>) => (typed.value = { ...typed.value, ...part });
  const parsed = presetSchema.safeParse(edited(preset, typed.value));
  const name = plainName(typed.value.name);
  const isTaken = known.value.some((one) => one.name !== preset.name && plainName(one.name) === name);
  const problem = isTaken
    ? 'Another preset has this name.'
    : parsed.success
      ? undefined
      : name === ''
        ? 'It needs a name.'
        : isNoSize(typed.value.size)
          ? `Write the size as ${SIZE_EXAMPLES}.`
          : `${issueText(parsed.error)}.`;
  return (
    <fieldset class="preset-editor rows" aria-label={`Edit ${preset.name}`}>
      {WORDS.map((field) => (
        <WordsField key={field.key} field={field} typed={typed.value} onChange={change} />
      ))}
      <Row id="preset-scenes" label="Scenes" hint="One a line.">
        <textarea
          id="preset-scenes"
          class="input"
          rows={3}
          placeholder={'on a beach\na shelf with {product} on it'}
          value={typed.value.scenes}
          onInput={({ currentTarget }) => change({ scenes: currentTarget.value })}
        />
      </Row>
      <PresetSettings typed={typed.value} onChange={change} />
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

const WORDS = [
  { key: 'name', label: 'Name', placeholder: 'Spring light' },
  { key: 'light', label: 'Light', placeholder: 'soft morning light' },
  { key: 'palette', label: 'Palette', placeholder: 'teal and sand' },
  { key: 'negativePrompt', label: 'Leave out', placeholder: 'What must not be seen' },
] as const;

const SIZE = { key: 'size', label: 'Size', placeholder: 'As chosen' } as const;

/** The preset as its fields hold it: an empty one is none. */
interface TypedPreset extends Record<(typeof WORDS)[number]['key'] | 'scenes' | 'size', string> {
  readonly steps: number | null;
  readonly guidanceScale: number | null;
  readonly loras: NonNullable<Preset['loras']>;
}

interface TypedProps {
  readonly typed: TypedPreset;
  readonly onChange: (part: Partial<TypedPreset>) => void;
}

interface WordsFieldProps extends TypedProps {
  readonly field: (typeof WORDS)[number] | typeof SIZE;
}

function WordsField({ field: { key, label, placeholder }, typed, onChange }: WordsFieldProps) {
  return (
    <Row id={`preset-${key}`} label={label}>
      <input
        id={`preset-${key}`}
        class="input"
        placeholder={placeholder}
        value={typed[key]}
        onInput={({ currentTarget }) => onChange({ [key]: currentTarget.value })}
      />
    </Row>
  );
}

function PresetSettings({ typed, onChange }: TypedProps) {
  return (
    <>
      <WordsField field={SIZE} typed={typed} onChange={onChange} />
      <Row id="preset-steps" label="Steps">
        <NumberField
          id="preset-steps"
          value={typed.steps}
          placeholder="As chosen"
          min={1}
          max={GENERATE_MAX_STEPS}
          onChange={(steps) => onChange({ steps: steps === null ? null : Math.round(steps) })}
        />
      </Row>
      <Row id="preset-guidance" label="Guidance">
        <NumberField
          id="preset-guidance"
          value={typed.guidanceScale}
          placeholder="As chosen"
          min={1}
          max={GUIDANCE_MAX}
          step={0.5}
          onChange={(guidanceScale) => onChange({ guidanceScale })}
        />
      </Row>
      <LoraChoice
        id="preset-lora"
        chosen={typed.loras}
        onChange={(loras) => onChange({ loras: [...loras] })}
      />
    </>
  );
}

function typedPreset(preset: Preset): TypedPreset {
  const { name, light = '', palette = '', negativePrompt = '', scenes, size } = preset;
  const { steps = null, guidanceScale = null, loras = [] } = preset;
  const written = size === undefined ? '' : `${size.width}x${size.height}`;
  return {
    name,
    light,
    palette,
    negativePrompt,
    scenes: scenes.join('\n'),
    size: written,
    steps,
    guidanceScale,
    loras,
  };
}

function isNoSize(text: string): boolean {
  return text.trim() !== '' && !presetSchema.shape.size.safeParse(readSize(text)).success;
}

/** The preset with what was typed; fields that are empty are absent. */
function edited({ model }: Preset, typed: TypedPreset): object {
  const { name, light, palette, negativePrompt, scenes, size, steps, guidanceScale, loras } = typed;
  return {
    name: name.trim(),
    scenes: typedScenes(scenes),
    ...(model !== undefined && { model }),
    ...(light.trim() !== '' && { light: light.trim() }),
    ...(palette.trim() !== '' && { palette: palette.trim() }),
    ...(negativePrompt.trim() !== '' && { negativePrompt: negativePrompt.trim() }),
    ...(size.trim() !== '' && { size: readSize(size) ?? null }),
    ...(steps !== null && { steps }),
    ...(guidanceScale !== null && { guidanceScale }),
    ...(loras.length > 0 && { loras }),
  };
}

import {
  GENERATE_MAX_COUNT,
  GENERATE_MAX_STEPS,
  GUIDANCE_MAX,
  PROMPT_MAX_LENGTH,
  SEED_MAX,
  STRENGTH_MAX,
} from '../../../shared/protocol/limits.ts';
import { MASK_MODES, type MaskMode } from '../../../shared/protocol/requests.ts';
import { useApp } from '../app-context.ts';
import { NumberField, Row, Slider } from '../parts/field.tsx';
import { Icon, IconButton } from '../parts/icon.tsx';
import { chosenSize, type GenerateDraft, newSeed } from '../work/drafts.ts';

const MASK_WORDS: Readonly<Record<MaskMode, string>> = {
  adaptive: 'Adaptive – follows the product’s size',
  median: 'Median – the paper’s own',
  full: 'Full – the whole picture',
  off: 'Off – without the product',
};

interface GenerateSettingsProps {
  readonly draft: GenerateDraft;
  readonly onChange: (part: Partial<GenerateDraft>) => void;
}

export function GenerateSettings({ draft, onChange }: GenerateSettingsProps) {
  const most = useApp().limits.value?.generateMaxCount ?? GENERATE_MAX_COUNT;
  return (
    <section class="rows">
      <Row id="count" label="Variants">
        <Stepper value={draft.count} max={most} onChange={(count) => onChange({ count })} />
      </Row>
      <SizeRow draft={draft} onChange={onChange} />
      <Row id="seed" label="Seed" hint={`The next pictures take ${draft.seedLocked ? 'this' : 'a new'} one.`}>
        <div class="joined">
          <NumberField
            id="seed"
            value={draft.seed}
            min={0}
            max={SEED_MAX}
            onChange={(seed) => onChange({ seed: Math.round(seed ?? 0), seedLocked: true })}
          />
          <IconButton
            icon="shuffle"
            label="Another seed"
            onClick={() => onChange({ seed: newSeed(), seedLocked: true })}
          />
          <IconButton
            icon={draft.seedLocked ? 'lock' : 'unlock'}
            label="Keep this seed"
            pressed={draft.seedLocked}
            onClick={() => onChange({ seedLocked: !draft.seedLocked })}
          />
        </div>
      </Row>
      <Row id="strength" label="Strength">
        <Slider
          id="strength"
          value={draft.strength}
          min={0}
          max={STRENGTH_MAX}
          step={0.05}
          text={draft.strength.toFixed(2)}
          onChange={(strength) => onChange({ strength })}
        />
      </Row>
      <details class="more">
        <summary>
          <Icon name="chevron" /> More settings
        </summary>
        <AdvancedRows draft={draft} onChange={onChange} />
      </details>
    </section>
  );
}

function AdvancedRows({ draft, onChange }: GenerateSettingsProps) {
  const defaults = useApp().model.value?.defaults.generate;
  return (
    <div class="rows">
      <Row id="mask" label="Mask">
        <select
          id="mask"
          class="input"
          value={draft.mask ?? defaults?.mask}
          onChange={({ currentTarget }) => onChange({ mask: currentTarget.value as MaskMode })}
        >
          {MASK_MODES.map((mode) => (
            <option key={mode} value={mode}>
              {MASK_WORDS[mode]}
            </option>
          ))}
        </select>
      </Row>
      <Row id="steps" label="Steps">
        <NumberField
          id="steps"
          value={draft.steps}
          placeholder={`${defaults?.steps} recommended`}
          min={1}
          max={GENERATE_MAX_STEPS}
          onChange={(steps) => onChange({ steps: steps === null ? null : Math.round(steps) })}
        />
      </Row>
      <Row id="guidance" label="Guidance">
        <NumberField
          id="guidance"
          value={draft.guidanceScale}
          placeholder={`${defaults?.guidanceScale} recommended`}
          min={1}
          max={GUIDANCE_MAX}
          step={0.5}
          onChange={(guidanceScale) => onChange({ guidanceScale })}
        />
      </Row>
      <Row id="negative" label="Leave out">
        <input
          id="negative"
          class="input"
          maxLength={PROMPT_MAX_LENGTH}
          placeholder="What must not be seen"
          value={draft.negativePrompt}
          onInput={({ currentTarget }) => onChange({ negativePrompt: currentTarget.value })}
        />
      </Row>
    </div>
  );
}

function SizeRow({ draft, onChange }: GenerateSettingsProps) {
  const app = useApp();
  const model = app.model.value;
  const frame = app.frame.value;
  if (model === undefined) return null;
  const { size } = draft;
  const made = chosenSize(size, model, frame);
  const fromFrame =
    frame === undefined
      ? 'Selected frame'
      : `${frame.name} – ${Math.round(frame.width)} × ${Math.round(frame.height)}`;
  let hint: string | undefined;
  if (size.type === 'frame') {
    hint =
      frame === undefined
        ? 'Select one frame to take its size.'
        : `Made at ${made?.width} × ${made?.height} px.`;
  }
  return (
    <Row id="size" label="Size" hint={hint}>
      <select
        id="size"
        class="input"
        value={size.type}
        onChange={({ currentTarget }) => {
          const type = currentTarget.value;
          if (type === 'model' || type === 'frame') onChange({ size: { type } });
        }}
      >
        <option value="model">
          Square – {model.resolution} × {model.resolution}
        </option>
        <option value="frame">{fromFrame}</option>
        {size.type === 'fixed' ? (
          <option value="fixed">
            As before – {size.width} × {size.height}
          </option>
        ) : null}
      </select>
    </Row>
  );
}

interface StepperProps {
  readonly value: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

function Stepper({ value, max, onChange }: StepperProps) {
  return (
    <div class="stepper">
      {[1, 2, 4, 8].map((count) => (
        <button
          key={count}
          type="button"
          aria-pressed={count === value}
          aria-label={count === 1 ? '1 variant' : `${count} variants`}
          onClick={() => onChange(count)}
        >
          {count}
        </button>
      ))}
      <NumberField
        id="count"
        value={value}
        min={1}
        max={max}
        onChange={(count) => onChange(Math.round(count ?? 1))}
      />
    </div>
  );
}

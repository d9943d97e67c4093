import { negativePromptHint } from '../../../../shared/negative-prompt.ts';
import { GENERATE_MAX_STEPS, GUIDANCE_MAX, PROMPT_MAX_LENGTH } from '../../../../shared/protocol/limits.ts';
import {
  GUIDANCE_RESIDUALS,
  type GuidanceResidual,
  MASK_MODES,
  type MaskMode,
} from '../../../../shared/protocol/requests.ts';
import { useApp } from '../../app-context.ts';
import { NumberField, Row } from '../../parts/field.tsx';
import { PrecisionRow } from '../../parts/precision-row.tsx';
import type { GenerateDraft } from '../../work/drafts.ts';
import type { ActingSettings } from '../../work/generate/acting-settings.ts';
import { LoraChoice } from './lora-choice.tsx';

const MASK_WORDS: Readonly<Record<MaskMode, string>> = {
  adaptive: 'Adaptive – follows the product’s size',
  median: 'Median – the paper’s own',
  full: 'Full – the whole picture',
  off: 'Off – without the product',
};

const GUIDANCE_WORDS: Readonly<Record<GuidanceResidual, string>> = {
  both: 'both halves of guidance, as elsewhere',
  conditional: 'the prompt’s half of guidance',
};

interface GenerateOptionsProps {
  readonly draft: GenerateDraft;
  readonly acting: ActingSettings;
  readonly onChange: (part: Partial<GenerateDraft>) => void;
}

/** The settings of a picture that stand under "More settings". */
export function GenerateOptions({ draft, acting, onChange }: GenerateOptionsProps) {
  const { model, generating } = useApp();
  const defaults = generating.loras.defaults(model.value?.defaults.generate, draft.loras);
  const guidanceMax = Math.min(GUIDANCE_MAX, defaults?.guidanceMax ?? GUIDANCE_MAX);
  // A concept may recommend another for itself; the companion reads it from its file.
  const usualGuidance = (mask: MaskMode | undefined): GuidanceResidual =>
    mask === 'full' ? 'both' : (defaults?.guidanceResidual ?? 'conditional');
  return (
    <div class="rows">
      <LoraChoice chosen={draft.loras} onChange={(loras) => onChange({ loras })} />
      {acting.mask ? (
        <MaskRow mask={draft.mask ?? defaults?.mask} onChange={(mask) => onChange({ mask })} />
      ) : null}
      <Row id="steps" label="Steps">
        <NumberField
          id="steps"
          value={draft.steps}
          placeholder={`Recommended: ${defaults?.steps}`}
          min={1}
          max={GENERATE_MAX_STEPS}
          onChange={(steps) => onChange({ steps: steps === null ? null : Math.round(steps) })}
        />
      </Row>
      <Row id="guidance" label="Guidance" hint={guidanceHint(draft.guidanceScale, guidanceMax)}>
        <NumberField
          id="guidance"
          value={draft.guidanceScale}
          placeholder={`Recommended: ${defaults?.guidanceScale}`}
          min={1}
          max={guidanceMax}
          step={0.5}
          onChange={(guidanceScale) => onChange({ guidanceScale })}
        />
      </Row>
      {acting.guidanceResidual ? (
        <GuidanceResidualRow
          chosen={draft.guidanceResidual}
          usual={usualGuidance(draft.mask ?? defaults?.mask)}
          onChange={(guidanceResidual) => onChange({ guidanceResidual })}
        />
      ) : null}
      {acting.precision ? (
        <PrecisionRow
          id="precision"
          value={draft.precision}
          onChange={(precision) => onChange({ precision })}
        />
      ) : null}
      {acting.negativePrompt ? (
        <Row
          id="negative"
          label="Leave out"
          hint={negativePromptHint(draft.negativePrompt, {
            guidanceScale: draft.guidanceScale ?? defaults?.guidanceScale ?? 1,
            embedsGuidance: defaults?.embedsGuidance,
          })}
        >
          <input
            id="negative"
            class="input"
            maxLength={PROMPT_MAX_LENGTH}
            placeholder="What must not be seen"
            value={draft.negativePrompt}
            onInput={({ currentTarget }) => onChange({ negativePrompt: currentTarget.value })}
          />
        </Row>
      ) : null}
    </div>
  );
}

interface MaskRowProps {
  readonly mask: MaskMode | undefined;
  readonly onChange: (mask: MaskMode) => void;
}

function MaskRow({ mask, onChange }: MaskRowProps) {
  return (
    <Row id="mask" label="Mask">
      <select
        id="mask"
        class="input"
        value={mask}
        onChange={({ currentTarget }) => onChange(currentTarget.value as MaskMode)}
      >
        {MASK_MODES.map((mode) => (
          <option key={mode} value={mode}>
            {MASK_WORDS[mode]}
          </option>
        ))}
      </select>
    </Row>
  );
}

interface GuidanceResidualRowProps {
  /** Null: the usual one. */
  readonly chosen: GuidanceResidual | null;
  readonly usual: GuidanceResidual;
  readonly onChange: (chosen: GuidanceResidual | null) => void;
}

function GuidanceResidualRow({ chosen, usual, onChange }: GuidanceResidualRowProps) {
  return (
    <Row id="guidance-residual" label="Acts in">
      <select
        id="guidance-residual"
        class="input"
        value={chosen ?? ''}
        onChange={({ currentTarget: { value } }) =>
          onChange(value === '' ? null : (value as GuidanceResidual))
        }
      >
        <option value="">Recommended – {GUIDANCE_WORDS[usual]}</option>
        {GUIDANCE_RESIDUALS.map((halves) => (
          <option key={halves} value={halves}>
            {GUIDANCE_WORDS[halves]}
          </option>
        ))}
      </select>
    </Row>
  );
}

/** A number from before an accelerator was chosen may be more than it takes. */
function guidanceHint(guidance: number | null, max: number): string | undefined {
  if (guidance === null || guidance <= max) return undefined;
  return `At most ${max} with this model and style. Leave it empty for the recommended one.`;
}

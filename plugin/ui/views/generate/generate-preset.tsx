import { useApp } from '../../app-context.ts';
import { draftWithPreset, presetOfDraft } from '../../work/catalogue/presets.ts';
import type { GenerateDraft } from '../../work/drafts.ts';
import { PresetChoice } from '../catalogue/preset-choice.tsx';

interface GeneratePresetProps {
  readonly draft: GenerateDraft;
  readonly onChange: (part: Partial<GenerateDraft>) => void;
}

/** The preset of the next pictures. */
export function GeneratePreset({ draft, onChange }: GeneratePresetProps) {
  const app = useApp();
  const { presets } = app.generating;
  return (
    <PresetChoice
      id="preset"
      onApply={(preset, before) => onChange(draftWithPreset(draft, preset, before))}
      presetNamed={(name) => presetOfDraft(name, draft, presets.current, app.model.value?.name ?? '')}
    />
  );
}

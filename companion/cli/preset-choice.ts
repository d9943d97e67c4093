/** PresetChoice: a preset of the data folder as the options of a command, which go before it. */

import type { ImageSize } from '../../shared/geometry.ts';
import { type Preset, presetWords } from '../../shared/protocol/preset.ts';
import { PresetStore } from '../presets/preset-store.ts';
import type { DataFolders } from '../storage/folders.ts';
import { definedOptions } from './options.ts';

/** Options that a preset may stand for. */
interface PresetFlags {
  readonly preset?: string;
  readonly negative?: string;
  readonly steps?: number;
  readonly guidance?: number;
  readonly size?: ImageSize;
  readonly model?: string;
  readonly lora: readonly string[];
}

interface PresetChoice<Flags> {
  readonly prompt: string;
  readonly flags: Flags;
}

/** The prompt with the preset's words, and the options with its settings. @throws LikenessError `input` where there is none */
export async function withPreset<Flags extends PresetFlags>(
  prompt: string,
  flags: Flags,
  { home }: Pick<DataFolders, 'home'>,
): Promise<PresetChoice<Flags>> {
  if (flags.preset === undefined) return { prompt, flags };
  const preset = await new PresetStore(home).get(flags.preset);
  const lora = [...loraFlags(preset), ...flags.lora];
  return {
    prompt: `${prompt}${presetWords(preset)}`,
    flags: { ...presetFlags(preset), ...flags, lora },
  };
}

function presetFlags({ negativePrompt, steps, guidanceScale, size, model }: Preset) {
  return definedOptions({ negative: negativePrompt, steps, guidance: guidanceScale, size, model });
}

function loraFlags({ loras = [] }: Preset): readonly string[] {
  return loras.map(({ name, weight }) => `${name}:${weight}`);
}

/** Presets: settings of a kind of picture under a name, which a team shares as one file. */

import { PRESET_MAX_SCENES, PRESETS_MAX, PROMPT_MAX_LENGTH, TEXT_MAX_LENGTH } from './limits.ts';
import { loraChoicesSchema } from './lora.ts';
import { generateRequestSchema } from './requests.ts';
import { z } from './zod.ts';

/** A line of printable text. It is an address's part, too, where it is percent-encoded. */
const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u, 'expected one line of text');

/** Letters of a preset's name: it fits a chooser of the panel. */
const NAME_MAX_LENGTH = 60;

export const presetNameSchema = line(NAME_MAX_LENGTH);

/** A scene without its product, "on a beach", or with its place, "a shelf with {product} on it". */
export const sceneSchema = line(TEXT_MAX_LENGTH);

const { steps, guidanceScale, size } = generateRequestSchema.shape;

/** Absent fields are the model's own. */
export const presetSchema = z.strictObject({
  name: presetNameSchema,
  /** Scenes to choose from. */
  scenes: z.array(sceneSchema).max(PRESET_MAX_SCENES).default([]),
  /** Colours: "teal and sand". */
  palette: line(TEXT_MAX_LENGTH).exactOptional(),
  /** Light: "soft morning light". */
  light: line(TEXT_MAX_LENGTH).exactOptional(),
  negativePrompt: line(PROMPT_MAX_LENGTH).exactOptional(),
  /** Name of the base model that it was made for. */
  model: line(TEXT_MAX_LENGTH).exactOptional(),
  steps: steps.unwrap().exactOptional(),
  guidanceScale: guidanceScale.unwrap().exactOptional(),
  size: size.unwrap().exactOptional(),
  /** LoRAs of the companion's store. */
  loras: loraChoicesSchema.exactOptional(),
});

/** A file of presets: what is kept, exported and imported. Raised when a reader of today could not understand it. */
export const presetFileSchema = z.strictObject({
  schema: z.literal(1),
  presets: z.array(presetSchema).max(PRESETS_MAX),
});

export const presetsSchema = z.object({ presets: z.array(presetSchema) });

/** The presets after an import, and the names of those that it replaced. */
export const importedPresetsSchema = presetsSchema.extend({ replaced: z.array(z.string()) });

export type Preset = Readonly<z.infer<typeof presetSchema>>;
export type Presets = Readonly<z.infer<typeof presetsSchema>>;
export type ImportedPresets = Readonly<z.infer<typeof importedPresetsSchema>>;

/**
 * Words that a preset puts behind every prompt: its light, then its palette, each behind a comma. Empty where it has
 * neither.
 */
export function presetWords({ light, palette }: Pick<Preset, 'light' | 'palette'>): string {
  return [light, palette === undefined ? undefined : `palette of ${palette}`]
    .map((words) => (words === undefined ? '' : `, ${words}`))
    .join('');
}

/** Opening of a generation: events that say by which model, LoRAs and prompt it is made, and the settings that hold. */

import { LikenessError } from '../../../shared/errors.ts';
import { negativePromptHint } from '../../../shared/negative-prompt.ts';
import { guidanceResidualOf } from '../../concepts/concept.ts';
import { settingsText } from '../../lora/accelerator.ts';
import { requireGuidance } from '../../pipeline/few-steps.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import { type SamplingSettings, usualGuidanceResidual } from '../../pipeline/settings.ts';
import type { LocalGenerateEvent } from '../events.ts';
import type { GenerateRequest } from '../requests.ts';
import { type MentionedConcept, type ReadPrompt, readPrompt } from './prompt.ts';

/** The model and its LoRAs. @param note of this request's own */
export function* introduced(
  model: LoadedModel,
  request: GenerateRequest,
  note?: string,
): Generator<LocalGenerateEvent, void> {
  const { pipeline, identity, device, precision } = model;
  const notes = [...model.notes, ...(note === undefined ? [] : [note])];
  const { resolution } = pipeline.facts;
  yield { type: 'model', name: identity.name, device, precision, resolution, notes };
  yield* loraEvents(model, request);
}

interface Settled {
  readonly prompt: ReadPrompt;
  readonly settings: SamplingSettings;
}

/** The prompt as the model reads it. @throws LikenessError as readPrompt; `input` for settings that the model does not work with */
export async function* settled(
  model: LoadedModel,
  request: GenerateRequest,
): AsyncGenerator<LocalGenerateEvent, Settled> {
  const prompt = await readPrompt(model, request.prompt);
  const { text, mentioned } = prompt;
  const settings = chosenSettings(model.recommended.sampling, request.settings, mentioned);
  requireGuidance(settings.guidanceScale, model.guidanceLimits);
  const { tokenCount, truncated, droppedText } = model.pipeline.tokenizer.encode(text);
  const hint = negativePromptHint(request.negativePrompt ?? '', {
    guidanceScale: settings.guidanceScale,
    embedsGuidance: model.pipeline.facts.embedsGuidance,
  });
  yield {
    type: 'prompt',
    text,
    tokenCount,
    truncated,
    droppedText,
    ...(hint !== undefined && { negativePromptHint: hint }),
    notes: mentioned.flatMap(({ fit }) => (fit.kind === 'other' ? fit.note : [])),
  };
  requireDecoder(model, settings);
  return { prompt, settings };
}

function* loraEvents({ loras }: LoadedModel, request: GenerateRequest): Generator<LocalGenerateEvent> {
  const deciding = request.loras?.findLast(({ weight, brings }) => weight !== 0 && brings !== undefined);
  for (const { name, weight, layers, unmatched } of loras) {
    const settings = deciding?.name === name ? settingsText(deciding.brings!) : undefined;
    yield { type: 'lora', name, weight, layers, unmatched, ...(settings !== undefined && { settings }) };
  }
}

/** The request goes before what a concept says of itself, and that before the model's recommendation. */
function chosenSettings(
  recommended: SamplingSettings,
  chosen: Partial<SamplingSettings>,
  mentioned: readonly MentionedConcept[],
): SamplingSettings {
  const settings = { ...recommended, ...chosen };
  // Concepts that disagree leave it to the model.
  const own = new Set(mentioned.map(({ concept }) => guidanceResidualOf(concept)));
  const ofConcepts = own.size === 1 ? [...own][0] : undefined;
  const usual = usualGuidanceResidual({
    mask: settings.mask,
    guidanceResidual: ofConcepts ?? recommended.guidanceResidual,
  });
  return { ...settings, guidanceResidual: chosen.guidanceResidual ?? usual };
}

/** @throws LikenessError `input` for the fast decoder of a model that has none */
function requireDecoder({ pipeline, identity }: LoadedModel, { decoder }: SamplingSettings): void {
  if (decoder === 'full' || pipeline.facts.hasFastDecoder) return;
  throw new LikenessError('input', `${identity.name} has no fast decoder`, {
    advice: `Leave --decoder out, or put a TAESD of this kind of model into ${pipeline.checkpoint.folder} as the folder vae_tiny.`,
  });
}

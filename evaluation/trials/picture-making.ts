/** One picture of a trial, by the real engine. */

import { summariseConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import type { MaskReport } from '../../companion/engine/events.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import type { Picture } from '../../companion/images/picture.ts';
import type { EngineOptions, LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../companion/pipeline/settings.ts';

export interface PictureSpec {
  /** For file names: says what is on it. */
  readonly label: string;
  readonly prompt: string;
  /** File of the concept that the prompt may name. */
  readonly concept?: string | undefined;
  /** Files of the others, where it names several. */
  readonly others?: readonly string[] | undefined;
  readonly seed: number;
  /** Differences from the model's recommended settings. */
  readonly settings: Partial<SamplingSettings>;
  /** Strength of the residuals. Default 1, as taught. */
  readonly strength?: number;
  /** Default: concepts act where they are found. */
  readonly placing?: Pick<GenerateRequest, 'regions' | 'keepRest' | 'together' | 'upscale'>;
}

export interface TrialPicture {
  readonly picture: Picture;
  /** Mask of the concept; undefined where the prompt names none. */
  readonly mask: MaskReport | undefined;
  /** From noise to pixels. */
  readonly seconds: number;
}

export type PictureMaker = (spec: PictureSpec) => Promise<TrialPicture>;

/** @throws LikenessError `cancelled` between two steps */
export function pictureMaker(model: LoadedModel, engine: EngineOptions): PictureMaker {
  return async ({ prompt, concept, others = [], seed, settings, strength = 1, placing }) => {
    const files = concept === undefined ? others : [concept, ...others];
    const known = await Promise.all(files.map((file) => summariseConcept(file)));
    const making = generateOn(model, {
      ...engine,
      prompt: resolvePrompt(prompt, known),
      negativePrompt: '',
      count: 1,
      seed,
      strength,
      settings,
      ...placing,
    });
    for await (const event of making) {
      if (event.type === 'picture')
        return { picture: event.image, mask: event.masks[0], seconds: event.seconds };
    }
    throw new Error('internal: no picture came out');
  };
}

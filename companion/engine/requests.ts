/** Requests to the engine. Checked at the border (command line, socket), trusted here. */

import type { Rights } from '../../shared/protocol/concept.ts';
import type { GuidanceResidual } from '../../shared/protocol/requests.ts';
import type { ResolvedPrompt } from '../concepts/resolved-prompt.ts';
import type { ReferenceImage } from '../images/reference-image.ts';
import type { EngineOptions } from '../pipeline/loaded-model.ts';
import type { SamplingSettings, TrainingDefaults } from '../pipeline/settings.ts';

export interface TeachRequest extends EngineOptions {
  /** 1 to 32, received; a text is the path of one as encodeReference writes it. */
  readonly references: readonly (ReferenceImage | string)[];
  /** Name in prompts, without the @. */
  readonly name: string;
  /** Kind of thing: "bottle", "coffee mug". */
  readonly classWord: string;
  /** Path that the run is saved to. It stays when teaching has ended, for whoever asked to remove once they have the concept. */
  readonly stateFile: string;
  /** Differences from the model's recommended settings. */
  readonly settings: Partial<TrainingDefaults>;
  readonly seed: number;
  /** Also learn from mirrored references; wrong for anything with lettering. */
  readonly mirror: boolean;
  /** Show a picture a few times as it learns. Costs some 5 % of the time and changes nothing in the result. */
  readonly samples?: boolean;
  readonly rights?: Rights | undefined;
  /** Halves of guidance in which the concept is to act, under a mask; kept with it. */
  readonly guidanceResidual?: GuidanceResidual | undefined;
}

/** A concept under the name that the prompt gives it, which may be an older one than its file's. */
export interface PromptConceptFile {
  readonly name: string;
  /** The library's id; undefined for a file that it does not have. */
  readonly id?: string | undefined;
  readonly path: string;
}

export interface GenerateRequest extends EngineOptions {
  /** Read once, by the caller: "@aurora on a beach" in parts, and the concepts that it mentions. */
  readonly prompt: ResolvedPrompt<PromptConceptFile>;
  /** Undefined: none at all, which some models tell from an empty one. */
  readonly negativePrompt: string | undefined;
  readonly count: number;
  /** Picture k uses seed + k. */
  readonly seed: number;
  /** In pixels; undefined: the model's own resolution. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Strength of the residuals: 1 as taught. */
  readonly strength: number;
  /** Differences from the model's recommended settings. */
  readonly settings: Partial<SamplingSettings>;
  /** Folder for the PNGs; undefined: none are written. */
  readonly out?: string | undefined;
  /** Makes no picture: opens everything that one needs, so that it begins at once when it is asked for. */
  readonly only?: 'prepare' | undefined;
}

/** Requests to the engine. Checked at the border (command line, socket), trusted here. */

import type { ImageSize, UnitBox } from '../../shared/geometry.ts';
import type { Rights } from '../../shared/protocol/concept.ts';
import type { GuidanceResidual, UpscaleFactor } from '../../shared/protocol/requests.ts';
import type { ResolvedPrompt } from '../concepts/resolved-prompt.ts';
import type { Picture } from '../images/picture.ts';
import type { ReferenceImage } from '../images/references/reference-image.ts';
import type { EngineOptions } from '../pipeline/loaded-model.ts';
import type { SamplingSettings, TrainingDefaults } from '../pipeline/settings.ts';

export interface TeachRequest extends EngineOptions {
  /** 1 to 32, received; a text is the path of one as encodeReference writes it. */
  readonly references: readonly (ReferenceImage | string)[];
  /** Name in prompts, without the @. */
  readonly name: string;
  /** Kind of thing: "bottle", "coffee mug". */
  readonly classWord: string;
  /** Word of an earlier version; another is chosen where the model's vocabulary cuts it. */
  readonly identifier?: string | undefined;
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

/** A picture, or the path of one as encodeReference writes it. */
type PictureSource = Picture | string;

/** A picture to start from. */
interface InitPicture {
  readonly picture: PictureSource;
  /** Share of the steps that are taken, above 0 to 1. Default: 0.6; with a mask 1, which starts from noise alone. */
  readonly strength?: number | undefined;
}

/** The part of the first picture that is painted anew: white is painted. */
interface PaintedArea {
  /** As large as the first picture. */
  readonly picture: PictureSource;
  /** Reach of the soft edge outside of the white, in pixels of the first picture. Default 8. */
  readonly featherPx?: number | undefined;
}

/** A rectangle in which a concept may act, in shares of the picture: with an init of the whole of that. */
export interface ConceptRegion {
  /** Name in the prompt. */
  readonly concept: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Width of its soft edge, inward, in shares of the picture's shorter side. */
  readonly feather?: number | undefined;
  /** In place of the request's, for this concept. */
  readonly strength?: number | undefined;
}

/** A picture to be enlarged: its lines and surfaces are drawn anew, tile by tile, with the prompt's concepts where they are. */
export interface UpscaleSpec {
  readonly picture: PictureSource;
  /** Stem of the file that is written. */
  readonly name: string;
  /** 1: as large as it is. */
  readonly factor: UpscaleFactor | 1;
  /** Share of the steps that each tile takes, 0 to 1; 0: resampled, and the model draws nothing. Default 0.3. */
  readonly strength?: number | undefined;
  /** Folder of a network that enlarges, in place of resampling. Default: none. */
  readonly network?: string | undefined;
  /** Seed that the picture says it was made with. */
  readonly madeWith?: number | undefined;
  /** Folder that keeps finished tiles, so that the work goes on from there. Default: they are not kept. */
  readonly keep?: string | undefined;
}

/** A cut-out that stands in the picture with its own pixels, and how it is put into the scene that is painted around it. */
export interface ProductInScene {
  readonly picture: PictureSource;
  /** Size of the result in pixels. Default: a square in which the cut-out has its own size. */
  readonly layout?: ImageSize | undefined;
  /** Default: centred, standing on the lower third, 60 % high. */
  readonly box?: UnitBox | undefined;
  /** `product` (default): what is visible fits into the box and stands on its lower edge. `picture`: the picture fills it. */
  readonly fits?: 'product' | 'picture' | undefined;
  /** Opacities of the layers, 0 for none. Default: a shadow of 0.8, no reflection. */
  readonly shadow?: number | undefined;
  readonly reflection?: number | undefined;
  /** Side that the light comes from: -90 left, 0 the viewer, 90 right, 180 behind. Default: as the painted scene has it. */
  readonly lightDegrees?: number | undefined;
  /** Layers come with the picture. Default: no. */
  readonly layers?: boolean | undefined;
}

export interface GenerateRequest extends EngineOptions {
  /** Read once, by the caller: "@aurora on a beach" in parts, and the concepts that it mentions. */
  readonly prompt: ResolvedPrompt<PromptConceptFile>;
  /** Undefined: none at all, which some models tell from an empty one. */
  readonly negativePrompt: string | undefined;
  readonly count: number;
  /** Picture k uses seed + k. */
  readonly seed: number;
  /** Most pictures that are made side by side where memory allows; 1: one after another. Default: as many as pay. */
  readonly batchSize?: number | undefined;
  /** In pixels; undefined: the model's own resolution. */
  readonly size?: ImageSize | undefined;
  /** Strength of the residuals: 1 as taught, 0 the base model. */
  readonly strength: number;
  /** Default: pictures are made from noise. */
  readonly init?: InitPicture | undefined;
  /** Only with an init. Default: all of it is painted. */
  readonly mask?: PaintedArea | undefined;
  /** A scene is painted around it; `size` is then the model's working size. Not beside an init. */
  readonly product?: ProductInScene | undefined;
  /** Parts for concepts that the prompt mentions. One without a region may act everywhere. */
  readonly regions?: readonly ConceptRegion[] | undefined;
  /**
   * True: outside of all regions the picture is the base model's own, byte for byte. False: the scene may change with what is in
   * them. Default, where one concept has a region: the base model's own, but for most of a product that it drew there itself.
   */
  readonly keepRest?: boolean | undefined;
  /** Several concepts get a place each, or are told apart by the prompt's words alone. Default: places. */
  readonly together?: 'places' | 'words' | undefined;
  /**
   * Pictures of the product alone, with alpha: by this network that removes backgrounds (a folder), else by the concepts'
   * masks. Default: with the scene.
   */
  readonly productOnly?: { readonly network?: string | undefined } | undefined;
  /** One picture, this one enlarged: count is 1, and what else says where and how large is left out. */
  readonly upscale?: UpscaleSpec | undefined;
  /** Differences from the model's recommended settings. */
  readonly settings: Partial<SamplingSettings>;
  /** Folder for the PNGs; undefined: none are written. */
  readonly out?: string | undefined;
  /** Makes no picture: opens everything that one needs, so that it begins at once when it is asked for. */
  readonly only?: 'prepare' | undefined;
}

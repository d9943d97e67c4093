/**
 * Composition: what a prompt asks of each pass of the model, with its concepts, where each may act, the places of several,
 * and the base model's own picture where the rest is to be kept.
 */

import type { ImageSize } from '../../../shared/geometry.ts';
import { placePrompts } from '../../../shared/place-prompts.ts';
import { minRankFractionOf } from '../../concepts/concept.ts';
import { placeWeights, sideBySide } from '../../localization/drawn-region.ts';
import type { Grid } from '../../localization/regions.ts';
import { everythingPainted, type PaintedPart } from '../../pipeline/inpainting.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import type { GenerateRequest } from '../requests.ts';
import { ConceptRegions, type RegionFrame } from './concept-regions.ts';
import type { PassRequest, PromptConcept } from './guided-pass.ts';
import { encoded, type PreparingEvent } from './picture-sessions.ts';
import type { Place } from './places.ts';
import { type MentionedConcept, type ReadPrompt, readPrompt } from './prompt.ts';

export interface Composition {
  /** The whole prompt with the concepts that act, in the order of `active`. */
  readonly whole: PassRequest;
  /** One a concept, where several share a picture; undefined where words alone tell them apart. */
  readonly places: readonly Place[] | undefined;
  /** Pass of the base model alone, where the rest of the picture is to be its own; its concepts have strength 0. */
  readonly base: PassRequest | undefined;
  readonly active: readonly MentionedConcept[];
  /** Shares of cells or pixels in which concepts act, at any resolution; 1 everywhere without regions. */
  readonly actingShares: (grid: Grid) => Float32Array;
}

interface CompositionOptions {
  readonly settings: SamplingSettings;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
  readonly painted: PaintedPart | undefined;
  /** Part of the original that is painted, which regions are told on; undefined for a picture from noise. */
  readonly frame: RegionFrame | undefined;
}

/** @throws LikenessError as readPrompt; `input` for a region of a concept that the prompt does not mention */
export async function* compose(
  model: LoadedModel,
  request: GenerateRequest,
  { text, mentioned }: ReadPrompt,
  options: CompositionOptions,
): AsyncGenerator<PreparingEvent, Composition> {
  const { pipeline } = model;
  const { settings, height, width, painted, frame } = options;
  const grid = { height, width };
  const active = mentioned.filter(({ concept }) => strengthOf(request, concept.name) > 0);
  const regions = new ConceptRegions(request, mentioned, frame);
  const concepts = active.map((one): PromptConcept => {
    const { name } = one.concept;
    return { ...promptConcept(one, strengthOf(request, name)), region: regions.shares(name, grid) };
  });
  const size = { width: width * pipeline.facts.downscale, height: height * pipeline.facts.downscale };
  const isOff = settings.mask === 'off';
  // Off is the base model as it came: with the tokens it knows.
  const learned = new Map(isOff ? [] : active.flatMap((one) => [...one.learned]));
  const [conditional, unconditional] = yield* encoded(
    pipeline,
    size,
    [text, learned],
    [request.negativePrompt],
  );
  const common = { settings, height, width, painted, unconditional };
  const whole = { ...common, conditional, concepts };
  const actingShares: Composition['actingShares'] = (cells) => actingOf(active, regions, cells);
  if (request.keepRest) regions.requireEach(active);
  const keeps = !isOff && (request.keepRest ?? keepsScene(request, active, regions));
  let base: PassRequest | undefined;
  if (keeps) {
    const [plain] = yield* encoded(pipeline, size, [text]);
    base = {
      ...common,
      conditional: plain,
      concepts: request.keepRest ? [] : concepts.map(foundAnywhere(grid)),
    };
  }
  // Around a product that keeps its pixels there is no place for others of their own.
  if (isOff || active.length < 2 || request.together === 'words' || request.product !== undefined) {
    return { whole, places: undefined, base, active, actingShares };
  }
  const places = yield* placesOf(model, request, { active, regions, grid, size });
  // In the scene each acts in its place alone.
  const held = concepts.map((one, index) => ({ ...one, region: one.region ?? places[index]!.weights }));
  return { whole: { ...whole, concepts: held }, places, base, active, actingShares };
}

/** The concept without its effect: the base model's picture says where it drew such a product itself. */
function foundAnywhere({ height, width }: Grid): (concept: PromptConcept) => PromptConcept {
  const region = new Float32Array(height * width).fill(1);
  return (concept) => ({ ...concept, strength: 0, region });
}

/** Shares of cells in which any concept acts, 0 to 1; 1 everywhere where one has no region. */
function actingOf(active: readonly MentionedConcept[], regions: ConceptRegions, cells: Grid): Float32Array {
  const all = active.map(({ concept }) => regions.shares(concept.name, cells));
  return new Float32Array(cells.height * cells.width).map((_, cell) =>
    Math.max(0, ...all.map((shares) => shares?.[cell] ?? 1)),
  );
}

interface PlacesOptions {
  readonly active: readonly MentionedConcept[];
  readonly regions: ConceptRegions;
  readonly grid: Grid;
  /** Size of the picture, in pixels. */
  readonly size: ImageSize;
}

/** A place for each concept, with the words of the prompt that belong to it: its region, or a column beside the others. */
async function* placesOf(
  model: LoadedModel,
  request: GenerateRequest,
  { active, regions, grid, size }: PlacesOptions,
): AsyncGenerator<PreparingEvent, readonly Place[]> {
  const { pipeline } = model;
  const { prompt } = request;
  const inPrompt = placePrompts(prompt.parts);
  const columns = sideBySide(active.length);
  const ordered = inPrompt.filter(({ name }) => active.some(({ concept }) => concept.name === name));
  const rectangles = active.map(
    ({ concept: { name } }) =>
      regions.bounds(name) ?? columns[ordered.findIndex((one) => one.name === name)]!,
  );
  const weights = placeWeights(rectangles, grid);
  const places: Place[] = [];
  for (const [index, { concept }] of active.entries()) {
    const { parts } = inPrompt.find(({ name }) => name === concept.name)!;
    const file = prompt.concepts.find(({ name }) => name === concept.name)!;
    const own = await readPrompt(model, { parts, concepts: [file] });
    const [one] = own.mentioned;
    const [conditional] = yield* encoded(pipeline, size, [own.text, one!.learned]);
    places.push({
      conditional,
      concepts: [promptConcept(one!, strengthOf(request, concept.name))],
      painted: await everythingPainted(pipeline, grid),
      rectangle: rectangles[index]!,
      weights: weights[index]!,
    });
  }
  return places;
}

function promptConcept({ concept, tokenIndexes }: MentionedConcept, strength: number): PromptConcept {
  return {
    factors: concept.factors,
    probe: concept.objectProbe,
    minRankFraction: minRankFractionOf(concept),
    tokenIndexes,
    strength,
  };
}

/** A concept's own, told with a region of it, else the request's. */
export function strengthOf({ regions = [], strength }: GenerateRequest, name: string): number {
  return (
    regions.find((region) => region.concept === name && region.strength !== undefined)?.strength ?? strength
  );
}

/**
 * True where nothing says whether the rest is kept, and one product has a region: then the scene is the base model's, but for the
 * product that it drew there itself. Several products have a scene made around them.
 */
function keepsScene(
  { product, together }: GenerateRequest,
  active: readonly MentionedConcept[],
  regions: ConceptRegions,
): boolean {
  const isPlaced = active.length > 1 && together !== 'words';
  return (
    product === undefined &&
    !isPlaced &&
    active.length > 0 &&
    active.every(({ concept }) => regions.has(concept.name))
  );
}

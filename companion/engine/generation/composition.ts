/**
 * Composition: what a prompt asks of each pass of the model, with its concepts, where each may act, the places of several,
 * and the base model's own picture where the rest is to be kept.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { UnitBox } from '../../../shared/geometry.ts';
import { placePrompts } from '../../../shared/place-prompts.ts';
import { minRankFractionOf } from '../../concepts/concept.ts';
import type { PaintingFrame } from '../../images/painting/painting-frame.ts';
import { placeWeights, regionShares, sideBySide } from '../../localization/drawn-region.ts';
import type { Grid } from '../../localization/regions.ts';
import { everythingPainted, type PaintedPart } from '../../pipeline/inpainting.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import type { ConceptRegion, GenerateRequest } from '../requests.ts';
import type { PassRequest, PromptConcept } from './guided-pass.ts';
import { encoded, type PreparingEvent } from './picture-sessions.ts';
import type { WorkedPart } from './picture-size.ts';
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
  readonly frame: (PaintingFrame & Pick<WorkedPart, 'original'>) | undefined;
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
  const regions = regionsByConcept(request, mentioned);
  const drawn = (name: string) => (regions.get(name) ?? []).map((region) => inFrame(region, frame));
  const active = mentioned.filter(({ concept }) => strengthOf(request, concept.name) > 0);
  const feather = (name: string) => featherOf(regions.get(name) ?? []);
  const concepts = active.map((one): PromptConcept => {
    const { name } = one.concept;
    const region = regions.has(name) ? regionShares(drawn(name), feather(name), grid) : undefined;
    return { ...promptConcept(one, strengthOf(request, name)), region };
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
  const actingShares: Composition['actingShares'] = (cells) => {
    const all = active.map(({ concept: { name } }) =>
      regions.has(name) ? regionShares(drawn(name), feather(name), cells) : undefined,
    );
    return new Float32Array(cells.height * cells.width).map((_, cell) =>
      Math.max(0, ...all.map((shares) => shares?.[cell] ?? 1)),
    );
  };
  let base: PassRequest | undefined;
  if (request.keepRest) requireRegions(active, regions);
  const keeps = request.keepRest ?? keepsScene(request, active, regions);
  if (keeps && !isOff) {
    const [plain] = yield* encoded(pipeline, size, [text]);
    const everywhere = new Float32Array(height * width).fill(1);
    const finding = concepts.map((one) => ({ ...one, strength: 0, region: everywhere }));
    base = { ...common, conditional: plain, concepts: request.keepRest ? [] : finding };
  }
  // Around a product that keeps its pixels there is no place for others of their own.
  if (isOff || active.length < 2 || request.together === 'words' || request.product !== undefined) {
    return { whole, places: undefined, base, active, actingShares };
  }
  const inPrompt = placePrompts(request.prompt.parts);
  const columns = sideBySide(active.length);
  const ordered = inPrompt.filter(({ name }) => active.some(({ concept }) => concept.name === name));
  const rectangleOf = (name: string) =>
    boundsOf(drawn(name)) ?? columns[ordered.findIndex((one) => one.name === name)]!;
  const rectangles = active.map(({ concept }) => rectangleOf(concept.name));
  const weights = placeWeights(rectangles, grid);
  const places: Place[] = [];
  for (const [index, { concept }] of active.entries()) {
    const { parts } = inPrompt.find(({ name }) => name === concept.name)!;
    const file = request.prompt.concepts.find(({ name }) => name === concept.name)!;
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
  // In the scene each acts in its place alone.
  const held = concepts.map((one, index) => ({ ...one, region: one.region ?? weights[index]! }));
  return { whole: { ...whole, concepts: held }, places, base, active, actingShares };
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

/** Width of a region's soft edge where none is told, of the picture's shorter side. */
const FEATHER_SHARE = 1 / 32;

function featherOf(regions: readonly ConceptRegion[]): number {
  return regions.find(({ feather }) => feather !== undefined)?.feather ?? FEATHER_SHARE;
}

function regionsByConcept(
  { regions = [] }: GenerateRequest,
  mentioned: readonly MentionedConcept[],
): ReadonlyMap<string, readonly ConceptRegion[]> {
  const known = mentioned.map(({ concept }) => concept.name);
  const stranger = regions.find(({ concept }) => !known.includes(concept));
  if (stranger !== undefined) {
    throw new LikenessError(
      'input',
      `there is a region of @${stranger.concept}, and the prompt has no such mention`,
      {
        advice:
          known.length === 0
            ? 'Mention the concept in the prompt.'
            : `Mentioned are ${known.map((name) => `@${name}`).join(', ')}.`,
      },
    );
  }
  return new Map(
    known
      .map((name) => [name, regions.filter(({ concept }) => concept === name)] as const)
      .filter(([, own]) => own.length > 0),
  );
}

/**
 * True where nothing says whether the rest is kept, and one product has a region: then the scene is the base model's, but for the
 * product that it drew there itself. Several products have a scene made around them.
 */
function keepsScene(
  { product, together }: GenerateRequest,
  active: readonly MentionedConcept[],
  regions: ReadonlyMap<string, readonly ConceptRegion[]>,
): boolean {
  const isPlaced = active.length > 1 && together !== 'words';
  return (
    product === undefined &&
    !isPlaced &&
    active.length > 0 &&
    active.every(({ concept }) => regions.has(concept.name))
  );
}

/** @throws LikenessError `input`: a concept that may act everywhere leaves nothing to keep */
function requireRegions(
  active: readonly MentionedConcept[],
  regions: ReadonlyMap<string, readonly ConceptRegion[]>,
): void {
  const free = active.find(({ concept }) => !regions.has(concept.name));
  if (free === undefined) return;
  throw new LikenessError('input', `the rest is to be kept, and @${free.concept.name} has no region`, {
    advice: 'Draw a region for every concept of the prompt.',
  });
}

/** A region of the whole original, on the part that the model works at. */
function inFrame(region: UnitBox, frame: CompositionOptions['frame']): UnitBox {
  if (frame === undefined) return region;
  const { original, region: part } = frame;
  return {
    x: (region.x * original.width - part.left) / part.width,
    y: (region.y * original.height - part.top) / part.height,
    width: (region.width * original.width) / part.width,
    height: (region.height * original.height) / part.height,
  };
}

/** The smallest rectangle around all of them; undefined for none. */
function boundsOf(rectangles: readonly UnitBox[]): UnitBox | undefined {
  if (rectangles.length === 0) return undefined;
  const x = Math.min(...rectangles.map((one) => one.x));
  const y = Math.min(...rectangles.map((one) => one.y));
  const right = Math.max(...rectangles.map((one) => one.x + one.width));
  const bottom = Math.max(...rectangles.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}
